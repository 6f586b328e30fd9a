/* vesta/module.h: the whole contract between a game's module and its host. C11 and C++, nothing but
 * <stdint.h>.
 *
 * A module is a shared library with one exported function, `vesta_module_entry`. It holds code and no state:
 * its state lives in columns of the game's tables, which the host allocates and keeps while versions of the
 * code come and go. A module performs no input or output, starts no thread, and keeps no pointer from one
 * call to the next.
 *
 * Conventions: every function returns 0 for success, or an error code of 0x7000-0x7FFF of its own after an
 * optional `host->fail(...)` with a sentence. Nothing throws across this border. Every string is UTF-8, ends
 * with NUL and lives as long as the module is loaded. Structures grow at their end only; `size` says how much
 * the other side knows.
 */
#ifndef VESTA_MODULE_H
#define VESTA_MODULE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever an old module could not run in a new host. */
#define VESTA_MODULE_ABI 1u

typedef enum vesta_type {
  VESTA_I8 = 1,
  VESTA_U8,
  VESTA_I16,
  VESTA_U16,
  VESTA_I32,
  VESTA_U32,
  VESTA_I64,
  VESTA_U64,
  VESTA_F32,
  VESTA_F64
} vesta_type;

/* What a module does with a column. VESTA_OWN and VESTA_OWN_CONST declare it: the host allocates it, and
 * other modules may read it. VESTA_OWN_CONST is written by `init` and `migrate` alone, so a checkpoint need
 * not copy it each time; a later write is a crash. VESTA_WRITE is for columns that game.toml declares: they
 * belong to no module. */
typedef enum vesta_access { VESTA_READ = 1, VESTA_WRITE, VESTA_OWN, VESTA_OWN_CONST } vesta_access;

typedef struct vesta_column {
  const char* table; /* a table of game.toml */
  const char* name;
  uint32_t access; /* vesta_access */
  uint32_t type;   /* vesta_type; has to match the owner's. The owner itself may widen it, or `migrate` */
  uint32_t count;  /* elements per row, 0 counts as 1 */
  uint32_t since;  /* the state version of the module that introduced it; for people and for `migrate` */
  double initial;  /* value of each element of a new column */
} vesta_column;

/* A function that other modules may call through the host. The pair (name, signature) is the interface: the
 * host hashes all exports into the module's interface hash, and resolves imports anew at each swap. */
typedef struct vesta_export {
  const char* name;      /* "module.function" */
  const char* signature; /* C declaration without the name, such as "float(uint32_t)" */
  void (*function)(void);
} vesta_export;

typedef struct vesta_import {
  const char* name;
  const char* signature;
} vesta_import;

struct vesta_frame;

/* What the host does for a module during a call. */
typedef struct vesta_host {
  uint32_t size;
  /* Attaches a sentence to the failure that the call is about to return; up to 255 bytes are kept. */
  void (*fail)(const struct vesta_frame* frame, const char* sentence);
  /* The bytes of a file parameter of game.toml; NULL and 0 when it was left empty. Valid during the call. */
  const void* (*file)(const struct vesta_frame* frame, const char* parameter, uint64_t* size_bytes);
} vesta_host;

/* One call. Rows [begin, end) of the module's table are the caller's; a module writes no other row of that
 * table. Modules of one frame run one after the other, so a column of another module can be read anywhere. */
typedef struct vesta_frame {
  uint32_t size;
  uint32_t district; /* which part of the table, 0 <= district < districts */
  uint32_t districts;
  uint32_t reserved;
  uint64_t number; /* frames since the game began */
  double seconds;  /* of game time that this frame covers */
  uint64_t begin,
      end;       /* rows of the module's table, all of them in `init` and `check`; 0 and 0 without a table */
  uint64_t seed; /* differs by game seed, frame, module and district, and is the same in each run */
  void* const* columns;         /* in the order of vesta_module.columns, each at its row 0 */
  const uint64_t* rows;         /* rows of each of these columns */
  const double* parameters;     /* in the order of vesta_module.parameters */
  void (*const* imports)(void); /* in the order of vesta_module.imports */
  const vesta_host* host;
} vesta_frame;

/* One column that the host could not carry over by itself. */
typedef struct vesta_migration {
  uint32_t size;
  uint32_t reserved;
  const char* table;
  const char* column;
  uint32_t old_type, old_count, new_type, new_count;
  uint64_t rows;
  const void* old_data;
  void* new_data;         /* filled with the new column's `initial` */
  const vesta_host* host; /* for `fail`, with NULL for the frame */
} vesta_migration;

typedef struct vesta_module {
  uint32_t abi;  /* VESTA_MODULE_ABI */
  uint32_t size; /* sizeof(vesta_module) */
  const char* name;
  const char* version;    /* semantic version */
  uint32_t state_version; /* grows when the columns change */
  uint32_t column_count;
  const vesta_column* columns;
  const char* table; /* its rows are split among the districts; NULL: one call a frame, over everything */
  const char* const* parameters; /* numeric parameters of game.toml */
  uint32_t parameter_count;
  uint32_t import_count;
  const vesta_import* imports;
  const vesta_export* exports;
  uint32_t export_count;
  uint32_t reserved;
  int (*init)(
      const vesta_frame*); /* may be NULL; once, when the game begins; its own columns hold `initial` */
  int (*step)(const vesta_frame*);  /* once a frame for each district */
  int (*check)(const vesta_frame*); /* may be NULL; do the invariants hold? read only; after init and swaps */
  int (*migrate)(const vesta_migration*); /* may be NULL; for a column that does not widen by itself */
  void (*dispose)(const vesta_frame*);    /* may be NULL; read only; a newer version has taken over */
} vesta_module;

#ifdef __GNUC__
#define VESTA_MODULE_EXPORT __attribute__((visibility("default")))
#else
#define VESTA_MODULE_EXPORT
#endif

/* The one exported function. The descriptor is constant and lives in the module's image. */
VESTA_MODULE_EXPORT const vesta_module* vesta_module_entry(void);

#ifdef __cplusplus
}
#endif
#endif
