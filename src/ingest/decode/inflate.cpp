// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/inflate.h>

#include <algorithm>
#include <zlib.h>

namespace ingest::decode {
namespace {

class Inflater
{
public:
    explicit Inflater(int windowBits) : m_ready(::inflateInit2(&m_stream, windowBits) == Z_OK) {}
    ~Inflater()
    {
        if (m_ready)
            ::inflateEnd(&m_stream);
    }
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;

    std::optional<std::string> run(std::string_view bytes, std::size_t most)
    {
        if (!m_ready)
            return std::nullopt;
        std::string out;
        m_stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
        m_stream.avail_in = static_cast<uInt>(std::min<std::size_t>(bytes.size(), 1U << 30U));
        for (;;) {
            const std::size_t had = out.size();
            if (had > most)
                return std::nullopt;
            out.resize(std::min(most + 1, std::max<std::size_t>(had * 2, 2048)));
            m_stream.next_out = reinterpret_cast<Bytef *>(out.data() + had);
            m_stream.avail_out = static_cast<uInt>(out.size() - had);
            const int state = ::inflate(&m_stream, Z_NO_FLUSH);
            out.resize(out.size() - m_stream.avail_out);
            if (state == Z_STREAM_END)
                return out.size() <= most ? std::optional(std::move(out)) : std::nullopt;
            if (state != Z_OK || out.size() == had)
                return std::nullopt;
        }
    }

private:
    z_stream m_stream{};
    bool m_ready;
};

} // namespace

std::optional<std::string> inflated(std::string_view bytes, std::size_t most)
{
    constexpr int kZlibOrGzip = 15 + 32, kRaw = -15;
    for (const int windowBits : {kZlibOrGzip, kRaw}) {
        if (auto out = Inflater(windowBits).run(bytes, most))
            return out;
    }
    return std::nullopt;
}

} // namespace ingest::decode
