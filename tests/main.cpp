// Catch2's own crash handlers would take the place of the crash guard's between two tests.
#define CATCH_CONFIG_NO_POSIX_SIGNALS
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
