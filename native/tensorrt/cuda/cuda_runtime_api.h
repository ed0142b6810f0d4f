#pragma once

// TensorRT's headers include a header of this name from the CUDA toolkit for two types alone, which they use as opaque
// handles. With these declarations no toolkit is needed, neither for building nor at run time.
using cudaEvent_t = struct CUevent_st*;
using cudaStream_t = struct CUstream_st*;
