// SPDX-License-Identifier: Apache-2.0
#include <ingest/unpack.h>

#include <algorithm>
#include <atomic>
#include <fmt/format.h>
#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

namespace ingest {
namespace {

constexpr std::size_t kChunk = 512U << 10U;
constexpr std::uint64_t kTooLittle = 64; // bytes, to be anything that is read

enum class State : unsigned char { More, Broken };

/// One packing's stream, whatever members it is made of.
class Unpacker
{
public:
    virtual ~Unpacker() = default;
    /// Takes from `in`, writes to `out` and moves both on.
    virtual State step(std::string_view &in, char *&out, std::size_t &room) = 0;
    bool between() const { return m_between; } // members; the input may end here

protected:
    bool m_between = true;
};

class Gzip final : public Unpacker
{
public:
    Gzip() : m_ready(::inflateInit2(&m_stream, 15 + 16) == Z_OK) {}
    ~Gzip() override
    {
        if (m_ready)
            ::inflateEnd(&m_stream);
    }
    Gzip(const Gzip &) = delete;
    Gzip &operator=(const Gzip &) = delete;

    State step(std::string_view &in, char *&out, std::size_t &room) override
    {
        if (!m_ready)
            return State::Broken;
        if (m_between && padding(in))
            return State::More;
        m_between = false;
        const auto offered = static_cast<uInt>(std::min<std::size_t>(in.size(), 1U << 30U));
        const auto space = static_cast<uInt>(std::min<std::size_t>(room, 1U << 30U));
        m_stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(in.data()));
        m_stream.avail_in = offered;
        m_stream.next_out = reinterpret_cast<Bytef *>(out);
        m_stream.avail_out = space;
        const int state = ::inflate(&m_stream, Z_NO_FLUSH);
        in.remove_prefix(offered - m_stream.avail_in);
        out += space - m_stream.avail_out;
        room -= space - m_stream.avail_out;
        if (state == Z_STREAM_END) { // RFC 1952 section 2.2: members follow each other
            m_between = true;
            return ::inflateReset(&m_stream) == Z_OK ? State::More : State::Broken;
        }
        return state == Z_OK || state == Z_BUF_ERROR ? State::More : State::Broken;
    }

private:
    /// Zeros that fill a tape's block, taken away.
    static bool padding(std::string_view &in)
    {
        if (in.find_first_not_of('\0') != std::string_view::npos)
            return false;
        in = {};
        return true;
    }

    z_stream m_stream{};
    bool m_ready;
};

class Zstd final : public Unpacker
{
public:
    State step(std::string_view &in, char *&out, std::size_t &room) override
    {
        if (!m_stream)
            return State::Broken;
        ZSTD_inBuffer from{in.data(), in.size(), 0};
        ZSTD_outBuffer to{out, room, 0};
        const std::size_t state = ::ZSTD_decompressStream(m_stream.get(), &to, &from);
        in.remove_prefix(from.pos);
        out += to.pos;
        room -= to.pos;
        m_between = state == 0;
        return ::ZSTD_isError(state) != 0 ? State::Broken : State::More;
    }

private:
    struct Free {
        void operator()(ZSTD_DStream *stream) const { ::ZSTD_freeDStream(stream); }
    };
    std::unique_ptr<ZSTD_DStream, Free> m_stream{::ZSTD_createDStream()};
};

class Lz4 final : public Unpacker
{
public:
    Lz4()
    {
        LZ4F_dctx *made = nullptr;
        if (::LZ4F_isError(::LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) == 0)
            m_context.reset(made);
    }
    State step(std::string_view &in, char *&out, std::size_t &room) override
    {
        if (!m_context)
            return State::Broken;
        std::size_t written = room, taken = in.size();
        const std::size_t state =
            ::LZ4F_decompress(m_context.get(), out, &written, in.data(), &taken, nullptr);
        in.remove_prefix(taken);
        out += written;
        room -= written;
        m_between = state == 0;
        return ::LZ4F_isError(state) != 0 ? State::Broken : State::More;
    }

private:
    struct Free {
        void operator()(LZ4F_dctx *context) const { ::LZ4F_freeDecompressionContext(context); }
    };
    std::unique_ptr<LZ4F_dctx, Free> m_context;
};

std::unique_ptr<Unpacker> unpackerOf(Packing packing)
{
    switch (packing) {
    case Packing::Zstd:
        return std::make_unique<Zstd>();
    case Packing::Lz4:
        return std::make_unique<Lz4>();
    default:
        return std::make_unique<Gzip>();
    }
}

class Unpacking final : public Input
{
public:
    Unpacking(const base::Blob &packed, const UnpackLimits &limits)
        : m_packed(packed), m_limits(limits), m_in(packed.text()),
          m_unpacker(unpackerOf(packingOf(packed.text())))
    {
    }
    std::uint64_t bytesRead() const override { return m_packed.size() - m_in.size(); }
    std::uint64_t bytesTotal() const override { return m_packed.size(); }
    std::string trouble() const override { return m_trouble; }

private:
    bool fill(std::size_t size) override;
    bool allowed();
    std::shared_ptr<const void> counted(const Chunk &chunk);

    base::Blob m_packed;
    UnpackLimits m_limits;
    std::string_view m_in;
    std::unique_ptr<Unpacker> m_unpacker;
    std::shared_ptr<std::atomic<std::uint64_t>> m_kept =
        std::make_shared<std::atomic<std::uint64_t>>(0); // outlives us in the owners
    std::uint64_t m_out = 0;
    std::string m_trouble;
};

/// An owner that tells when nobody needs its bytes any more.
std::shared_ptr<const void> Unpacking::counted(const Chunk &chunk)
{
    const std::uint64_t size = chunk.text().size();
    *m_kept += size;
    return {chunk.text().data(),
            [kept = m_kept, owner = chunk.owner(), size](const void *) { *kept -= size; }};
}

bool Unpacking::allowed()
{
    constexpr std::uint64_t kMega = 1U << 20U;
    if (m_out > m_limits.ratioFrom && m_out / m_limits.ratio > bytesRead())
        m_trouble = fmt::format("The compressed file unpacks to more than {} times its size, as "
                                "no capture does. Its first {} MB are shown.",
                                m_limits.ratio, m_out / kMega);
    else if (m_out > m_limits.total || *m_kept > m_limits.kept)
        m_trouble = fmt::format("The compressed file unpacks to more than this program keeps of "
                                "one. Its first {} MB are shown; unpack it to see the rest.",
                                m_out / kMega);
    return m_trouble.empty();
}

bool Unpacking::fill(std::size_t size)
{
    if (!m_trouble.empty() || (m_in.empty() && m_unpacker->between()))
        return false; // nothing more comes, whoever asks
    Chunk chunk(m_rest, std::max(size, m_rest.size() + kChunk));
    while (chunk.room() != 0 && m_trouble.empty() && allowed()) {
        if (m_in.empty() && m_unpacker->between())
            break;
        const std::size_t had = m_in.size(), room = std::min(chunk.room(), kChunk);
        char *out = chunk.end();
        std::size_t left = room;
        const State state = m_unpacker->step(m_in, out, left);
        chunk.grow(room - left);
        m_out += room - left;
        if (state == State::Broken && m_out < kTooLittle)
            m_trouble = "The compressed file is damaged at its beginning: too little of it can be "
                        "unpacked. Copy it again from where it came.";
        else if (state == State::Broken)
            m_trouble = fmt::format("The compressed file is damaged behind its first {} unpacked "
                                    "bytes. What came before is shown.",
                                    m_out);
        else if (m_out < kTooLittle && m_in.size() == had && m_in.empty())
            m_trouble = "The compressed file ends before enough of it can be unpacked to tell what "
                        "it is: it was cut, or is still being written.";
        else if (m_in.size() == had && left == room && m_in.empty())
            m_trouble = "The compressed file ends in the middle: it was cut, or is still being "
                        "written. What could be unpacked is shown.";
        else if (m_in.size() == had && left == room)
            m_trouble = "The compressed file is damaged. What could be unpacked is shown.";
    }
    m_owner = counted(chunk);
    m_rest = chunk.text();
    return m_rest.size() >= size;
}

} // namespace

Packing packingOf(std::string_view firstBytes)
{
    const std::string_view four = firstBytes.substr(0, 4);
    if (four.substr(0, 3) == "\x1F\x8B\x08")
        return Packing::Gzip;
    if (four == "\x28\xB5\x2F\xFD")
        return Packing::Zstd;
    if (four == "\x04\x22\x4D\x18")
        return Packing::Lz4;
    return Packing::None;
}

std::unique_ptr<Input> unpacked(const base::Blob &packed, const UnpackLimits &limits)
{
    return std::make_unique<Unpacking>(packed, limits);
}

} // namespace ingest
