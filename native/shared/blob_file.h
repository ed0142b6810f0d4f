#pragma once

#include <memory>
#include <streambuf>
#include <string>
#include <vector>

#include "memory_pool.h"

namespace enginery {

// Whole files in and out, with the operating system's reason in every error (NATIVE_FILE). POSIX
// only: the place to port for other systems.

// Into memory of ours rather than a mapping: a mapped file that somebody truncates raises SIGBUS.
std::shared_ptr<MemoryBlock> read_file(const std::string& path);

// Throws unless the file or folder can be read.
void require_readable(const std::string& path);

// A file of the given name in a folder of its own, both readable by this user only and gone when the
// scope ends: for libraries that read nothing but paths, and want certain names.
class TemporaryFile {
public:
    TemporaryFile(const std::string& bytes, const std::string& name);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::string& path() const { return path_; }
    const std::string& folder() const { return folder_; }

private:
    std::string folder_;
    std::string path_;
};

// A stream buffer over a new file. Remembers the first error, which std::ofstream does not tell
// ("No space left on device" rather than "failed").
class FileWriter final : public std::streambuf {
public:
    explicit FileWriter(std::string path);
    ~FileWriter() override;
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;

    // Writes what is left, flushes to disk, closes; throws on any error since construction.
    void finish();
    bool failed() const noexcept { return error_ != 0; }

protected:
    int_type overflow(int_type character) override;
    std::streamsize xsputn(const char* data, std::streamsize count) override;
    int sync() override { return flush() ? 0 : -1; }
    pos_type seekoff(off_type offset, std::ios_base::seekdir direction, std::ios_base::openmode mode) override;
    pos_type seekpos(pos_type position, std::ios_base::openmode mode) override;

private:
    bool flush();
    bool write_all(const char* data, size_t count);

    std::string path_;
    int fd_;
    int error_ = 0;
    std::vector<char> buffer_;
};

}  // namespace enginery
