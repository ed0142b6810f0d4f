#include "blob_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "native_error.h"

namespace enginery {
namespace {

NativeError file_error(const char* doing, const std::string& path, int error) {
    return {"NATIVE_FILE", std::string("cannot ") + doing + " '" + path + "': " + std::strerror(error)};
}

struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
};

constexpr size_t kBufferBytes = size_t{1} << 20;

// Only regular files know how long they are: a folder claims any number, a device none.
size_t length_of(int fd, const std::string& path) {
    struct stat facts {};
    if (::fstat(fd, &facts) != 0) throw file_error("read", path, errno);
    if (S_ISDIR(facts.st_mode)) throw file_error("read", path, EISDIR);
    if (!S_ISREG(facts.st_mode)) throw NativeError("NATIVE_FILE", "cannot read '" + path + "': it is not a regular file");
    return static_cast<size_t>(facts.st_size);
}

}  // namespace

std::shared_ptr<MemoryBlock> read_file(const std::string& path) {
    // Without O_NONBLOCK, opening a named pipe waits for somebody to write into it.
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) throw file_error("open", path, errno);
    const Closer closer{fd};
    auto block = MemoryBlock::allocate(length_of(fd, path), false);
    auto* target = static_cast<char*>(block->data());
    size_t left = block->size();
    while (left != 0) {
        const ssize_t count = ::read(fd, target, left);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw file_error("read", path, errno);
        if (count == 0) throw NativeError("NATIVE_FILE", "cannot read '" + path + "': it became shorter while it was read");
        target += count;
        left -= static_cast<size_t>(count);
    }
    return block;
}

void require_readable(const std::string& path) {
    if (::access(path.c_str(), R_OK) != 0) throw file_error("open", path, errno);
}

TemporaryFile::TemporaryFile(const std::string& bytes, const std::string& name) {
    const char* parent = std::getenv("TMPDIR");
    folder_ = std::string(parent != nullptr && *parent != '\0' ? parent : "/tmp") + "/enginery-XXXXXX";
    if (::mkdtemp(folder_.data()) == nullptr) throw file_error("create", folder_, errno);  // mode 0700
    path_ = folder_ + "/" + name;
    int error = 0;
    const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        error = errno;
    } else {
        const Closer closer{fd};
        const char* data = bytes.data();
        for (size_t left = bytes.size(); left != 0 && error == 0;) {
            const ssize_t written = ::write(fd, data, left);
            if (written >= 0) {
                data += written;
                left -= static_cast<size_t>(written);
            } else if (errno != EINTR) {
                error = errno;
            }
        }
    }
    if (error == 0) return;
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
    throw file_error("write", path_, error);
}

TemporaryFile::~TemporaryFile() {
    ::unlink(path_.c_str());
    ::rmdir(folder_.c_str());
}

FileWriter::FileWriter(std::string path)
    : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)), buffer_(kBufferBytes) {
    if (fd_ < 0) throw file_error("write", path_, errno);
    setp(buffer_.data(), buffer_.data() + buffer_.size());
}

FileWriter::~FileWriter() {
    if (fd_ >= 0) ::close(fd_);
}

void FileWriter::finish() {
    if (!flush()) throw file_error("write", path_, error_);
    if (::fsync(fd_) != 0) throw file_error("flush", path_, errno);
    if (::close(std::exchange(fd_, -1)) != 0) throw file_error("close", path_, errno);
}

bool FileWriter::flush() {
    write_all(pbase(), static_cast<size_t>(pptr() - pbase()));
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0;
}

bool FileWriter::write_all(const char* data, size_t count) {
    while (error_ == 0 && count != 0) {
        const ssize_t written = ::write(fd_, data, count);
        if (written < 0) {
            if (errno != EINTR) error_ = errno;
            continue;
        }
        data += written;
        count -= static_cast<size_t>(written);
    }
    return error_ == 0;
}

FileWriter::int_type FileWriter::overflow(int_type character) {
    if (!flush()) return traits_type::eof();
    if (!traits_type::eq_int_type(character, traits_type::eof())) sputc(traits_type::to_char_type(character));
    return traits_type::not_eof(character);
}

std::streamsize FileWriter::xsputn(const char* data, std::streamsize count) {
    if (count < epptr() - pptr()) return std::streambuf::xsputn(data, count);
    return flush() && write_all(data, static_cast<size_t>(count)) ? count : 0;
}

FileWriter::pos_type FileWriter::seekoff(off_type offset, std::ios_base::seekdir direction, std::ios_base::openmode) {
    if (!flush()) return pos_type(off_type(-1));
    const int whence = direction == std::ios_base::beg ? SEEK_SET : direction == std::ios_base::cur ? SEEK_CUR : SEEK_END;
    return pos_type(::lseek(fd_, offset, whence));
}

FileWriter::pos_type FileWriter::seekpos(pos_type position, std::ios_base::openmode mode) {
    return seekoff(off_type(position), std::ios_base::beg, mode);
}

}  // namespace enginery
