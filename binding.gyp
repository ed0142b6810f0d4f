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
          'outputs': [
            'native/openvino/build/Release/openvino.node',
            'native/kernels/build/Release/kernels.node',
          ],
          'action': ['node', 'scripts/build-native.mjs'],
        },
      ],
    },
  ],
}
