#pragma once

// Precompiled for all tests.

#include <catch2/catch.hpp>

#include "vesta/messages/prelude.hpp"
