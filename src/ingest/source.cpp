// SPDX-License-Identifier: Apache-2.0
#include <ingest/source.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <ingest/mapping.h>
#include <ingest/text/reader.h>
#include <ingest/text/taken_apart.h>
#include <ingest/text/utf16.h>
#include <ingest/unpack.h>

namespace ingest {
namespace {

constexpr std::size_t kFirstBytes = 4096;
constexpr std::size_t kMostWhole = std::size_t{1} << 30U; // unpacked, for sources that want all

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

/// The source for a beginning that is not compressed.
const Source *chooseFor(std::string_view firstBytes)
{
    firstBytes = firstBytes.substr(0, kFirstBytes);
    const text::Wide wide = text::wideOf(firstBytes);
    return wide == text::Wide::No ? choose(firstBytes) : choose(text::narrowed(firstBytes, wide));
}

auto unknownFormat(const std::string &name, bool packed)
{
    const std::string shown = base::printable(name);
    if (packed)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} is compressed and holds no capture file this program "
                                      "knows, and no text with SIP in it. {}",
                                      shown, whatIsRead()));
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("{} is no capture file this program knows, and no text with "
                                  "SIP in it. {}",
                                  shown, whatIsRead()));
}

/// Everything at once, for a source that cannot read a window.
base::Blob whole(Input &input)
{
    while (input.rest().size() < kMostWhole && input.ensure(input.rest().size() + 1)) {
    }
    return base::Blob::view(input.owner(), input.rest());
}

/// What its readers understand of a text of two bytes a character; anything else as it is.
base::Blob narrow(const base::Blob &bytes)
{
    const text::Wide wide = text::wideOf(bytes.text().substr(0, kFirstBytes));
    if (wide == text::Wide::No)
        return bytes;
    auto owner = std::make_shared<const std::string>(text::narrowed(bytes.text(), wide));
    const std::string_view text = *owner;
    return base::Blob::view(std::move(owner), text);
}

base::Result<Outcome> readPacked(const std::string &name, const base::Blob &bytes, const Sink &sink,
                                 const std::atomic<bool> &cancel)
{
    const auto source = recognise(name, bytes.text());
    if (!source)
        return tl::unexpected(source.error());
    const auto input = unpacked(bytes);
    input->ensure(kFirstBytes);
    const bool wide = text::wideOf(input->rest().substr(0, kFirstBytes)) != text::Wide::No;
    if ((*source)->readInput != nullptr && !wide)
        return (*source)->readInput(*input, sink, cancel);
    auto outcome = (*source)->readBytes(narrow(whole(*input)), sink, cancel);
    if (outcome && !input->trouble().empty()) {
        outcome->truncated = true;
        if (sink.flaw)
            sink.flaw(input->trouble());
    }
    return outcome;
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
    const bool packed = packingOf(firstBytes) != Packing::None;
    const Source *source = nullptr;
    bool takenApart = false;
    std::string trouble; // why no more of it could be unpacked
    if (packed) {
        const auto input = unpacked(base::Blob::view(nullptr, firstBytes));
        input->ensure(kFirstBytes);
        takenApart = text::isTakenApart(input->rest().substr(0, kFirstBytes));
        source = chooseFor(input->rest());
        if (source == nullptr)
            trouble = input->trouble();
    } else {
        takenApart = text::isTakenApart(firstBytes.substr(0, kFirstBytes));
        source = chooseFor(firstBytes);
    }
    if (takenApart)
        return base::fail(base::ErrorCode::BadInput, std::string(text::kTakenApart));
    if (source == nullptr && !trouble.empty())
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{}: {}", base::printable(name), trouble));
    if (source == nullptr)
        return unknownFormat(name, packed);
    return source;
}

base::Result<Outcome> readBytes(const std::string &name, const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    if (packingOf(bytes.text()) != Packing::None)
        return readPacked(name, bytes, sink, cancel);
    const auto source = recognise(name, bytes.text());
    if (!source)
        return tl::unexpected(source.error());
    return (*source)->readBytes(narrow(bytes), sink, cancel);
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
