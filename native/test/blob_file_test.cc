#include "../shared/blob_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>

#include "../shared/native_error.h"

namespace enginery {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;  // of FileWriter

class BlobFile : public testing::Test {
protected:
    BlobFile() : folder_(testing::TempDir() + "/enginery-blob-XXXXXX") { EXPECT_NE(::mkdtemp(folder_.data()), nullptr); }
    ~BlobFile() override {
        for (const std::string& path : paths_) ::unlink(path.c_str());
        ::rmdir(folder_.c_str());
    }

    std::string path_of(const std::string& name) {
        paths_.push_back(folder_ + "/" + name);
        return paths_.back();
    }
    const std::string& folder() const { return folder_; }

private:
    std::string folder_;
    std::vector<std::string> paths_;
};

// Code and message, or "no error".
std::string failure_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const NativeError& error) {
        return error.code() + ": " + error.what();
    }
    return "no error";
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string pattern(size_t bytes) {
    std::string text(bytes, '\0');
    for (size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

TEST_F(BlobFile, WritesWhatItIsGivenWhateverTheSizeOfThePieces) {
    for (const size_t piece : {size_t{1}, size_t{1000}, kBufferBytes - 1, kBufferBytes, kBufferBytes + 1, 3 * kBufferBytes}) {
        const std::string expected = pattern(piece == 1 ? kBufferBytes + 5 : 3 * kBufferBytes + 7);
        const std::string path = path_of("pieces");
        FileWriter writer(path);
        std::ostream stream(&writer);
        for (size_t at = 0; at < expected.size(); at += piece) {
            const std::string part = expected.substr(at, piece);
            if (piece == 1) stream.put(part[0]);
            else stream.write(part.data(), static_cast<std::streamsize>(part.size()));
        }
        EXPECT_TRUE(stream.good());
        writer.finish();
        EXPECT_TRUE(text_of(path) == expected) << piece;
    }
}

TEST_F(BlobFile, TellsAndSeeks) {
    const std::string path = path_of("seek");
    FileWriter writer(path);
    std::ostream stream(&writer);
    stream << "....-body";
    EXPECT_EQ(stream.tellp(), std::streampos(9));
    stream.seekp(0) << "head";
    stream.seekp(0, std::ios_base::end) << "-tail";
    stream.seekp(-1, std::ios_base::cur) << "L";
    writer.finish();
    EXPECT_EQ(text_of(path), "head-body-taiL");
}

TEST_F(BlobFile, AnEmptyFileIsAFile) {
    const std::string path = path_of("empty");
    FileWriter(path).finish();
    EXPECT_TRUE(exists(path));
    EXPECT_EQ(read_file(path)->size(), 0u);
}

TEST_F(BlobFile, AFullDiskIsReportedWhenItIsFinished) {
    FileWriter writer("/dev/full");
    std::ostream stream(&writer);
    stream << "a few bytes, still in the buffer";
    EXPECT_FALSE(writer.failed());
    EXPECT_EQ(failure_of([&] { writer.finish(); }), "NATIVE_FILE: cannot write '/dev/full': No space left on device");
}

TEST_F(BlobFile, AFullDiskStopsTheStreamAndKeepsTheReason) {
    FileWriter writer("/dev/full");
    std::ostream stream(&writer);
    const std::string large = pattern(2 * kBufferBytes);
    stream.write(large.data(), static_cast<std::streamsize>(large.size()));
    EXPECT_TRUE(stream.bad());
    EXPECT_TRUE(writer.failed());
    EXPECT_EQ(failure_of([&] { writer.finish(); }), "NATIVE_FILE: cannot write '/dev/full': No space left on device");
}

TEST_F(BlobFile, PutAfterPutFailsOnAFullDiskToo) {
    FileWriter writer("/dev/full");
    std::ostream stream(&writer);
    for (size_t i = 0; i <= kBufferBytes; ++i) stream.put('x');
    EXPECT_TRUE(stream.bad());
    EXPECT_TRUE(writer.failed());
}

// The system writes as much as fits and fails at the next call: the write before is a short one.
TEST_F(BlobFile, AWriteThatFallsShortIsContinuedUntilTheErrorShows) {
    const std::string path = path_of("limited");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limited = before;
    limited.rlim_cur = kBufferBytes + kBufferBytes / 2;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
    std::string failure;
    {
        FileWriter writer(path);
        std::ostream stream(&writer);
        const std::string large = pattern(4 * kBufferBytes);
        stream.write(large.data(), static_cast<std::streamsize>(large.size()));
        EXPECT_TRUE(stream.bad());
        failure = failure_of([&] { writer.finish(); });
    }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, old_handler);
    EXPECT_EQ(failure, "NATIVE_FILE: cannot write '" + path + "': File too large");
    EXPECT_EQ(text_of(path).size(), kBufferBytes + kBufferBytes / 2);
}

TEST_F(BlobFile, WhatCannotBeOpenedIsRefusedAtOnce) {
    const std::string path = folder() + "/missing/file";
    EXPECT_EQ(failure_of([&] { FileWriter writer(path); }),
              "NATIVE_FILE: cannot write '" + path + "': No such file or directory");
    EXPECT_EQ(failure_of([&] { read_file(path); }), "NATIVE_FILE: cannot open '" + path + "': No such file or directory");
    EXPECT_EQ(failure_of([&] { require_readable(path); }), "NATIVE_FILE: cannot open '" + path + "': No such file or directory");
}

TEST_F(BlobFile, ReadsAWholeFile) {
    const std::string path = path_of("whole");
    const std::string expected = pattern(2 * kBufferBytes + 3);
    std::ofstream(path, std::ios::binary) << expected;
    const auto block = read_file(path);
    ASSERT_EQ(block->size(), expected.size());
    EXPECT_EQ(std::string(static_cast<const char*>(block->data()), block->size()) == expected, true);
}

TEST_F(BlobFile, AFolderIsNoFile) {
    EXPECT_EQ(failure_of([&] { read_file(folder()); }), "NATIVE_FILE: cannot read '" + folder() + "': Is a directory");
}

// Devices, pipes and the files of /proc do not say how long they are: reading them would give nothing.
TEST_F(BlobFile, WhatHasNoLengthIsNoFile) {
    const std::string pipe = path_of("pipe");
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    for (const std::string& path : {pipe, std::string("/dev/zero")}) {
        EXPECT_EQ(failure_of([&] { read_file(path); }), "NATIVE_FILE: cannot read '" + path + "': it is not a regular file");
    }
}

// The files of sysfs claim a page and have less, as a file that is cut while it is read.
TEST_F(BlobFile, AFileThatEndsEarlyIsReported) {
    const std::string path = "/sys/devices/system/cpu/online";
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0 || facts.st_size == 0) GTEST_SKIP() << "there is no " << path;
    EXPECT_EQ(failure_of([&] { read_file(path); }),
              "NATIVE_FILE: cannot read '" + path + "': it became shorter while it was read");
}

TEST_F(BlobFile, ATemporaryFileIsPrivateAndGoesWithItsScope) {
    std::string path;
    std::string parent;
    {
        const TemporaryFile file("contents", "model.tflite");
        path = file.path();
        parent = file.folder();
        EXPECT_EQ(path, parent + "/model.tflite");
        EXPECT_EQ(text_of(path), "contents");
        struct stat facts {};
        ASSERT_EQ(::stat(path.c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777u, 0600u);
        ASSERT_EQ(::stat(parent.c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777u, 0700u);
    }
    EXPECT_FALSE(exists(path));
    EXPECT_FALSE(exists(parent));
}

TEST_F(BlobFile, ATemporaryFileThatCannotBeWrittenLeavesNothing) {
    const char* before = std::getenv("TMPDIR");
    const std::string kept = before != nullptr ? before : "";
    ::setenv("TMPDIR", (folder() + "/missing").c_str(), 1);
    const std::string no_folder = failure_of([] { TemporaryFile("x", "model.pb"); });
    ::setenv("TMPDIR", folder().c_str(), 1);
    const std::string no_file = failure_of([] { TemporaryFile("x", "no/such/folder"); });
    before != nullptr ? ::setenv("TMPDIR", kept.c_str(), 1) : ::unsetenv("TMPDIR");
    EXPECT_EQ(no_folder.find("NATIVE_FILE: cannot create '" + folder() + "/missing/enginery-"), 0u) << no_folder;
    EXPECT_NE(no_file.find("No such file or directory"), std::string::npos) << no_file;
    EXPECT_EQ(::rmdir(folder().c_str()), 0) << "something was left in the folder";
}

}  // namespace
}  // namespace enginery
