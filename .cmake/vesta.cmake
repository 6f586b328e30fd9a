# What every target of Vesta shares: language, warnings, and the include root.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Programs too, so that they can use the libraries' precompiled header.
add_compile_options(-fPIC)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # A tenth of g++'s time goes into collecting garbage that fits into memory.
  add_compile_options(--param=ggc-min-expand=1000 --param=ggc-min-heapsize=1000000)
endif()

find_program(VESTA_MOLD mold)
if(VESTA_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(VESTA_SANITIZE "" CACHE STRING "Sanitizers for every target: address,undefined or thread")
if(VESTA_SANITIZE)
  add_compile_options(-fsanitize=${VESTA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${VESTA_SANITIZE})
endif()

# `#include "vesta/runtime/actor.hpp"` is written alike in the tree and by those who install Vesta:
# the build tree has an include root whose `vesta/` leads to the source folders.
set(VESTA_INCLUDE ${CMAKE_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${VESTA_INCLUDE}/vesta)
foreach(folder platform messages runtime actors)
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${VESTA_INCLUDE}/vesta/${folder} SYMBOLIC)
endforeach()
file(CREATE_LINK ${PROJECT_SOURCE_DIR}/runtime/module.h ${VESTA_INCLUDE}/vesta/module.h SYMBOLIC)

# vesta_flags(TARGET): warnings as errors. Designated initialisers may leave members to their defaults, and
# g++ 12 sees faults in std::string that are not there (GCC bug 105651 and its kin). What one file of a batch
# keeps to itself may have the name of a local variable in the next.
function(vesta_flags target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic
    -Wshadow$<$<BOOL:${CMAKE_UNITY_BUILD}>:=local> -Wno-missing-field-initializers
    -Wno-restrict -Wno-stringop-overread -Wno-stringop-overflow -Werror)
endfunction()

# vesta_library(NAME LINK...): a folder's static library from all its sources, exported as vesta::NAME.
function(vesta_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_library(vesta_${name} STATIC ${sources})
  add_library(vesta::${name} ALIAS vesta_${name})
  set_target_properties(vesta_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(vesta_${name} PUBLIC
    $<BUILD_INTERFACE:${VESTA_INCLUDE}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(vesta_${name} PUBLIC ${ARGN})
  target_compile_features(vesta_${name} PUBLIC cxx_std_20) # of those who use it, too
  vesta_flags(vesta_${name})
endfunction()
