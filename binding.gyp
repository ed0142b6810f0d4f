{
  # The real build is CMake (CMakeLists.txt, native/*/CMakeLists.txt). This file lets people and tools that know only
  # node-gyp start it; it is not in the published package, where nothing is ever compiled.
  'targets': [
    {
      'target_name': 'addons',
      'type': 'none',
      'actions': [
        {
          'action_name': 'build_with_cmake',
          'inputs': ['CMakeLists.txt'],
          # Never made, so that the action always runs: CMake knows better than gyp what has to be built again.
          'outputs': ['<(PRODUCT_DIR)/always-ask-cmake'],
          'action': ['node', 'scripts/build-native.mjs'],
        },
      ],
    },
  ],
}
