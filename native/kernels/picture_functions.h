#pragma once

#include <napi.h>

namespace enginery::kernels {

// resizeImage, prepareImage and their forms that block; decodeJpeg.
Napi::Value resize_image(const Napi::CallbackInfo& info);
void resize_image_sync(const Napi::CallbackInfo& info);
Napi::Value prepare_image(const Napi::CallbackInfo& info);
void prepare_image_sync(const Napi::CallbackInfo& info);
Napi::Value decode_jpeg_file(const Napi::CallbackInfo& info);

}  // namespace enginery::kernels
