// SPDX-License-Identifier: Apache-2.0
#include <ingest/source.h>

#include <base/text.h>
#include <fmt/format.h>
#include <ingest/mapping.h>
#include <ingest/text/reader.h>

namespace ingest {
namespace {

constexpr std::size_t kFirstBytes = 4096;

const Source *choose(std::string_view firstBytes)
{
    const Source *best = nullptr;
    int bestScore = 0;
    for (const Source *source : sources::all()) {
        const int score = source->recognises(firstBytes);
        if (score > bestScore) {
            best = source;
            bestScore = score;
        }
    }
    return best;
}

auto unknownFormat(const std::string &name, std::string_view bytes)
{
    const bool packed =
        bytes.substr(0, 2) == "\x1F\x8B" || bytes.substr(0, 4) == "\x28\xB5\x2F\xFD";
    const std::string shown = base::printable(name);
    if (packed)
        return base::fail(
            base::ErrorCode::Unsupported,
            fmt::format("{} is compressed. Unpack it and open what comes out.", shown));
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("{} is no capture file this program knows, and no text with "
                                  "SIP in it. {}",
                                  shown, whatIsRead()));
}

} // namespace

std::string whatIsRead()
{
    std::string captures, texts;
    for (const Source *source : sources::all()) {
        std::string &list = source->readBytes == text::readBytes ? texts : captures;
        list += (list.empty() ? "" : ", ") + std::string(source->title);
    }
    return fmt::format("Earshot reads captures ({}) and text with SIP messages in it ({}).",
                       captures, texts);
}

base::Result<const Source *> recognise(const std::string &name, std::string_view firstBytes)
{
    firstBytes = firstBytes.substr(0, kFirstBytes);
    const Source *source = choose(firstBytes);
    if (source == nullptr)
        return unknownFormat(name, firstBytes);
    return source;
}

base::Result<Outcome> readBytes(const std::string &name, const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    const auto source = recognise(name, bytes.text());
    if (!source)
        return tl::unexpected(source.error());
    return (*source)->readBytes(bytes, sink, cancel);
}

base::Result<Outcome> readFile(const std::string &path, const Sink &sink,
                               const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(path);
    if (!bytes)
        return tl::unexpected(bytes.error());
    return readBytes(path, *bytes, sink, cancel);
}

} // namespace ingest
