/* The host-target interface: a program's end and its console, through the words tohost and fromhost. */
#ifndef CASTOR_SW_HTIF_H
#define CASTOR_SW_HTIF_H

#include <stddef.h>

/* Writes to the host's standard output. */
void htif_write(const char* text, size_t length);

/* Ends the simulation; the host exits with `code`. */
__attribute__((noreturn)) void htif_exit(int code);

#endif
