# composable_add_plugin(<target>
#   SOURCES <file>…            C or C++; one of them holds the entry
#   [TESTS <file>…]            GoogleTest sources: target <target>_tests, registered with ctest;
#                              left out while COMPOSABLE_TESTS or BUILD_TESTING is off
#   [INCLUDES <dir>…]          private include directories
#   [LIBRARIES <target>…]      private libraries of the plugin and its tests
#   [OUTPUT_NAME <name>]       default: <target>
#   [OUTPUT_DIRECTORY <dir>])  default: ${COMPOSABLE_PLUGIN_DIR}, else ${CMAKE_BINARY_DIR}/plugins
#
# Builds <dir>/<name>.so: a module that exports exactly composable_plugin_entry_v1, links nothing of
# the host, and can be unloaded. A C++ plugin carries its own copy of the SDK's code, compiled with
# the plugin's compiler. The file appears by rename, so a watcher of the directory never sees half of
# it. Its path is the target's property COMPOSABLE_PLUGIN_FILE.
#
# Works in the Composable tree and, after find_package(Composable), outside of it.
include_guard(GLOBAL)

function(composable_add_plugin target)
  cmake_parse_arguments(ARG "" "OUTPUT_NAME;OUTPUT_DIRECTORY" "SOURCES;TESTS;INCLUDES;LIBRARIES"
                        ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "composable_add_plugin(${target}): unknown argument "
                        "\"${ARG_UNPARSED_ARGUMENTS}\"; known are SOURCES, TESTS, INCLUDES, "
                        "LIBRARIES, OUTPUT_NAME and OUTPUT_DIRECTORY")
  endif()
  if(NOT ARG_SOURCES)
    message(FATAL_ERROR "composable_add_plugin(${target}): no SOURCES; name the plugin's .c or "
                        ".cpp files")
  endif()
  if(NOT ARG_OUTPUT_NAME)
    set(ARG_OUTPUT_NAME ${target})
  endif()
  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    if(COMPOSABLE_PLUGIN_DIR)
      set(ARG_OUTPUT_DIRECTORY ${COMPOSABLE_PLUGIN_DIR})
    endif()
  endif()

  add_library(${target} MODULE ${ARG_SOURCES})
  target_include_directories(${target} PRIVATE ${ARG_INCLUDES})
  target_link_libraries(${target} PRIVATE Composable::abi ${ARG_LIBRARIES})
  _composable_plugin_flags(${target})
  set(cxx_sources ${ARG_SOURCES})
  list(FILTER cxx_sources INCLUDE REGEX "\\.(cpp|cc|cxx)$")
  if(cxx_sources)
    _composable_sdk_code()
    target_link_libraries(${target} PRIVATE composable_sdk_code)
  endif()
  _composable_plugin_file(${target} ${ARG_OUTPUT_DIRECTORY} ${ARG_OUTPUT_NAME})
  foreach(switch COMPOSABLE_TESTS BUILD_TESTING)
    if(DEFINED ${switch} AND NOT ${switch})
      set(ARG_TESTS "")
    endif()
  endforeach()
  if(ARG_TESTS)
    _composable_plugin_tests(${target} "${ARG_TESTS}" "${ARG_INCLUDES}" "${ARG_LIBRARIES}"
                             "${cxx_sources}")
  endif()
endfunction()

# The SDK's own sources as a static, position-independent library, once per build tree.
function(_composable_sdk_code)
  find_package(Boost 1.75 REQUIRED)
  if(TARGET composable_sdk_code)
    return()
  endif()
  get_property(sources GLOBAL PROPERTY COMPOSABLE_SDK_SOURCES)
  find_package(RapidJSON REQUIRED)
  add_library(composable_sdk_code STATIC EXCLUDE_FROM_ALL ${sources})
  target_include_directories(composable_sdk_code PRIVATE ${RAPIDJSON_INCLUDE_DIRS})
  target_link_libraries(composable_sdk_code PUBLIC Composable::abi Boost::headers)
  target_compile_features(composable_sdk_code PUBLIC cxx_std_20)
  target_compile_options(composable_sdk_code PRIVATE -w)  # the author's warnings are for the author
  set_target_properties(composable_sdk_code PROPERTIES POSITION_INDEPENDENT_CODE ON)
  _composable_code_flags(composable_sdk_code)
endfunction()

# Hidden symbols, none of them UNIQUE: the two reasons for which a plugin stays mapped for ever.
function(_composable_code_flags target)
  set_target_properties(${target} PROPERTIES C_VISIBILITY_PRESET hidden
                        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("CXX" IN_LIST languages)
    include(CheckCXXCompilerFlag)
    check_cxx_compiler_flag(-fno-gnu-unique COMPOSABLE_HAS_NO_GNU_UNIQUE)  # clang rejects it
    if(COMPOSABLE_HAS_NO_GNU_UNIQUE)
      target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-fno-gnu-unique>)
    endif()
  endif()
endfunction()

function(_composable_plugin_flags target)
  _composable_code_flags(${target})
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/plugin.map)
  target_link_options(${target} PRIVATE -Wl,--exclude-libs,ALL -Wl,--version-script=${map})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${map})
  # A missing function is an error of the build, not of the load. Sanitized modules leave the
  # sanitizer's own functions to the executable.
  get_directory_property(link_options LINK_OPTIONS)
  if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${link_options}" MATCHES "-fsanitize=")
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
endfunction()

# Links in a private directory, copies next to the final name under a dot name that hosts ignore, and
# renames.
function(_composable_plugin_file target directory name)
  set(file ${directory}/${name}.so)
  set(unfinished ${directory}/.${name}.so.tmp)
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX .so OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${target}.dir
    COMPOSABLE_PLUGIN_FILE ${file})
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E make_directory ${directory}
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:${target}> ${unfinished}
    COMMAND ${CMAKE_COMMAND} -E rename ${unfinished} ${file}
    BYPRODUCTS ${file}
    VERBATIM)
endfunction()

# The tests run on the very objects of which the plugin is made.
function(_composable_plugin_tests target tests includes libraries cxx_sources)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${target}_tests ${tests} $<TARGET_OBJECTS:${target}>)
  target_include_directories(${target}_tests PRIVATE ${includes})
  target_link_libraries(${target}_tests PRIVATE Composable::abi ${libraries} GTest::gtest_main)
  if(cxx_sources)
    target_link_libraries(${target}_tests PRIVATE composable_sdk_code)
  endif()
  gtest_discover_tests(${target}_tests TEST_PREFIX ${target}. DISCOVERY_TIMEOUT 60)
endfunction()
