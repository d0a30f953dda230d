/* admin_verbs.c: linlictl's verbs of administration alone, so that these tests need no client. */
#include "sql/admin/verbs.h"

int main(int argc, char **argv) {
  return admin_verb(argc, argv);
}
