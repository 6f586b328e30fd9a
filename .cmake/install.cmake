# What `cmake --install` puts where, so that `find_package(vesta)` works, and the test that it does.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/vesta)

set(libraries)
foreach(folder platform messages runtime actors)
  # A layer without a source yet is an interface library; one without a target has nothing to install.
  if(TARGET vesta_${folder})
    list(APPEND libraries vesta_${folder})
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vesta/${folder}
      FILES_MATCHING PATTERN "*.hpp" PATTERN "*.def")
  endif()
endforeach()
install(TARGETS ${libraries} EXPORT vesta ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES runtime/module.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/vesta)
install(EXPORT vesta NAMESPACE vesta:: FILE vestaTargets.cmake DESTINATION ${config_folder})

configure_package_config_file(.cmake/vestaConfig.cmake.in ${CMAKE_BINARY_DIR}/vestaConfig.cmake
  INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/vestaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/vestaConfig.cmake ${CMAKE_BINARY_DIR}/vestaConfigVersion.cmake
  .cmake/FindCAF.cmake DESTINATION ${config_folder})

if(TARGET vesta)
  install(TARGETS vesta RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
if(EXISTS ${PROJECT_SOURCE_DIR}/examples/city)
  install(DIRECTORY examples/city DESTINATION ${CMAKE_INSTALL_DATADIR}/vesta/examples)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(VESTA_BUILD_TESTS)
  add_test(NAME consumer COMMAND ${CMAKE_COMMAND}
    -D build=${CMAKE_BINARY_DIR} -D source=${PROJECT_SOURCE_DIR}/tests/consumer
    -D generator=${CMAKE_GENERATOR} -D build_type=${CMAKE_BUILD_TYPE} -D sanitize=${VESTA_SANITIZE}
    -P ${PROJECT_SOURCE_DIR}/tests/consumer/run.cmake)
endif()
