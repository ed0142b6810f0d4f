#pragma once

#include <NvInfer.h>

#include <chrono>
#include <string>
#include <vector>

#include "../stand_in_driver/stand_in_driver.h"

namespace enginery::tensorrt {

// What the stand-in for TensorRT's builder is told.
struct CallerOptions {
    std::vector<std::string> names;     // of inputs, in the order in which it asks for them
    std::vector<size_t> bytes;          // of a batch of each
    size_t most_batches = 0;            // then it stops in the middle, as a builder that fails does; 0: it goes on to the end
    std::chrono::milliseconds work{0};  // what it does with a batch takes
    std::string cache;                  // what it writes at the end
};

// What it found.
struct CallerReport {
    int algorithm = -1;
    std::string interface_name;
    int batch_size = 0;
    std::string cache_read;
    std::string histograms_read;
    double quantile = 0;
    double regression_cutoff = 0;
    std::vector<std::vector<std::string>> batches;  // the bytes of each input of each batch, off the "device"
    std::vector<double> waits;                      // milliseconds in each call of getBatch, the last one's among them
    std::string fault;                              // of the stand-in driver
};

// Calls the virtual functions of a calibrator in the order that TensorRT documents, on the calling thread.
CallerReport call_calibrator(nvinfer1::IInt8Calibrator& calibrator, const CallerOptions& options, StandInDownload download,
                             bool keep_bytes);

}  // namespace enginery::tensorrt
