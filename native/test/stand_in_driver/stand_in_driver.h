#pragma once

#include <cstddef>

// What tests ask of the stand-in for NVIDIA's driver library (stand_in_driver.cc), found by name as its other functions are.
struct StandInCounts {
    size_t device_blocks;     // allocated and not freed
    size_t pinned_blocks;     // the same
    size_t contexts;          // retained and not released
    size_t uploads;           // copies to the device
    size_t unpinned_uploads;  // those from memory that is not pinned
    double upload_time;       // of all, in milliseconds
};

extern "C" {
using StandInCount = void (*)(StandInCounts*);           // stand_in_count
using StandInFail = void (*)(const char*, int, int);     // stand_in_fail: a function, after how many good calls, the result
using StandInDownload = int (*)(void*, size_t, size_t);  // stand_in_download: to, from, bytes
}
