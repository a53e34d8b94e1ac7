#pragma once
#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot import. Nothing that a file brings with it is run:
// no trigger, no view, no function in its schema; and the file itself cannot be written but by SQL
// (sqlite.org/security.html).
static inline int nightjar_distrust_file(sqlite3 *database, int is_defensive) {
  int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, is_defensive, (void *)0);
  if (status == SQLITE_OK)
    status = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (void *)0);
  if (status == SQLITE_OK)
    status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (void *)0);
  if (status == SQLITE_OK)
    status = sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (void *)0);
  return status;
}
