#pragma once
#include <stdbool.h>

/* Whether whatever this process frees is wiped, by whichever library it is freed. */
bool wipes_on_free(void);
