# What a plugin author gets: `cmake --install <build> --component sdk` needs nothing built.
#
# COMPOSABLE_SDK_SOURCES, set by the file that includes this one, lists the sources that every C++
# plugin compiles, relative to sdk/.
include(CMakePackageConfigHelpers)
include(${CMAKE_CURRENT_LIST_DIR}/ComposableAddPlugin.cmake)

set(COMPOSABLE_SOURCE_INSTALL_DIR ${CMAKE_INSTALL_DATADIR}/composable)
set(COMPOSABLE_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/Composable)

add_library(Composable::abi ALIAS composable_abi)
set(sources ${COMPOSABLE_SDK_SOURCES})
list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
set_property(GLOBAL PROPERTY COMPOSABLE_SDK_SOURCES ${sources})
_composable_code_flags(composable_sdk)  # built once in this tree, for all its plugins
add_library(composable_sdk_code ALIAS composable_sdk)

configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/ComposableConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/ComposableConfig.cmake
  INSTALL_DESTINATION ${COMPOSABLE_PACKAGE_DIR}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR COMPOSABLE_SOURCE_INSTALL_DIR
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/ComposableConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)

install(DIRECTORY include/composable DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sdk)
install(DIRECTORY src DESTINATION ${COMPOSABLE_SOURCE_INSTALL_DIR} COMPONENT sdk)
install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/ComposableConfig.cmake
        ${CMAKE_CURRENT_BINARY_DIR}/ComposableConfigVersion.cmake
        ${CMAKE_CURRENT_LIST_DIR}/ComposableAddPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map
  DESTINATION ${COMPOSABLE_PACKAGE_DIR} COMPONENT sdk)
# The manual, and what it quotes, laid out as in this tree so that its links lead there.
set(COMPOSABLE_DOC_DIR ${CMAKE_INSTALL_DATAROOTDIR}/doc/composable)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/LICENSE-MIT
              ${PROJECT_SOURCE_DIR}/LICENSE-APACHE
        DESTINATION ${COMPOSABLE_DOC_DIR} COMPONENT sdk)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/examples
                  ${PROJECT_SOURCE_DIR}/plugins
        DESTINATION ${COMPOSABLE_DOC_DIR} COMPONENT sdk)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/tests/examples DESTINATION ${COMPOSABLE_DOC_DIR}/tests
        COMPONENT sdk)
# What `composable new` copies.
install(DIRECTORY templates DESTINATION ${COMPOSABLE_SOURCE_INSTALL_DIR} COMPONENT sdk)

# The build tree is laid out like an installation, so that its composable finds the templates, and
# the projects that this makes find the package.
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/composable)
file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/templates ${CMAKE_BINARY_DIR}/share/composable/templates
  SYMBOLIC)
set(package_here ${CMAKE_BINARY_DIR}/lib/cmake/Composable)
set(PACKAGE_CMAKE_INSTALL_INCLUDEDIR ${CMAKE_CURRENT_SOURCE_DIR}/include)
set(PACKAGE_COMPOSABLE_SOURCE_INSTALL_DIR ${CMAKE_CURRENT_SOURCE_DIR})
configure_file(${CMAKE_CURRENT_LIST_DIR}/ComposableConfig.cmake.in
  ${package_here}/ComposableConfig.cmake @ONLY)
foreach(file ${CMAKE_CURRENT_BINARY_DIR}/ComposableConfigVersion.cmake
             ${CMAKE_CURRENT_LIST_DIR}/ComposableAddPlugin.cmake ${CMAKE_CURRENT_LIST_DIR}/plugin.map)
  get_filename_component(name ${file} NAME)
  file(CREATE_LINK ${file} ${package_here}/${name} SYMBOLIC)
endforeach()
