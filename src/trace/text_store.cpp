// SPDX-License-Identifier: Apache-2.0
#include <trace/text_store.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace trace {
namespace {

/// Readable by nobody else, and gone with this process, however that ends.
int namelessFile(const std::string &folder)
{
    const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0)
        return file;
    std::string path = folder + "/.earshot-texts-XXXXXX"; // a file system without O_TMPFILE
    const int named = ::mkostemp(path.data(), O_CLOEXEC);
    if (named >= 0)
        ::unlink(path.c_str());
    return named;
}

bool writeAll(int file, const char *bytes, std::size_t size, std::uint64_t at)
{
    while (size != 0) {
        const ssize_t written = ::pwrite(file, bytes, size, static_cast<off_t>(at));
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
        at += static_cast<std::uint64_t>(written);
    }
    return true;
}

} // namespace

TextStore::~TextStore()
{
    for (const Block &block : m_blocks)
        ::munmap(block.bytes, block.size);
    if (m_file >= 0)
        ::close(m_file);
}

bool TextStore::open(std::size_t least)
{
    const std::size_t size = (std::max(least, kBlock) + kBlock - 1) / kBlock * kBlock;
    void *bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        return false;
    m_blocks.push_back({static_cast<char *>(bytes), size, 0, 0});
    m_resident += size;
    return true;
}

std::string_view TextStore::keep(std::string_view text, std::uint32_t row)
{
    if (text.empty())
        return {};
    const bool room =
        !m_blocks.empty() && text.size() <= m_blocks.back().size - m_blocks.back().used;
    if (!room && !open(text.size()))
        return {};
    Block &block = m_blocks.back();
    char *at = block.bytes + block.used;
    std::memcpy(at, text.data(), text.size());
    block.used += text.size();
    block.lastRow = row;
    if (!room)
        shrink();
    return {at, text.size()};
}

base::Result<void> TextStore::bound(std::size_t most, const std::string &folder)
{
    if (m_file < 0)
        m_file = namelessFile(folder);
    m_full = m_file < 0;
    if (m_full) {
        std::string why = std::strerror(errno);
        return base::fail(base::ErrorCode::Io,
                          "The text of old calls stays in memory: no file can be made for it in " +
                              folder + ". Free some space there, or choose another folder.",
                          std::move(why));
    }
    m_most = most;
    shrink();
    return {};
}

/// The block being written stays.
void TextStore::shrink()
{
    while (!m_full && m_resident > m_most && m_first + 1 < m_blocks.size()) {
        const Block &block = m_blocks[m_first];
        if (m_stored + block.size > kMostStored || !store(block)) {
            m_full = true;
            return;
        }
        ++m_first;
        m_stored += block.size;
        m_resident -= block.size;
        m_storedRows = block.lastRow + 1;
    }
}

bool TextStore::store(const Block &block)
{
    // Space is claimed first: a mapped page that finds none later would end the process.
    if (::posix_fallocate(m_file, static_cast<off_t>(m_end), static_cast<off_t>(block.size)) != 0 ||
        !writeAll(m_file, block.bytes, block.used, m_end))
        return false;
    void *mapped =
        ::mmap(nullptr, block.size, PROT_READ, MAP_SHARED, m_file, static_cast<off_t>(m_end));
    if (mapped == MAP_FAILED) // made elsewhere first: without it the text stays as it was
        return false;
    // One exchange of equal bytes: a reader on any thread finds the old page or the new one.
    if (::mremap(mapped, block.size, block.size, MREMAP_MAYMOVE | MREMAP_FIXED, block.bytes) ==
        MAP_FAILED) {
        ::munmap(mapped, block.size);
        return false;
    }
    m_end += block.size;
    ::posix_fadvise(m_file, 0, 0, POSIX_FADV_DONTNEED); // written soon, and not cached by it
    return true;
}

} // namespace trace
