// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a byte stream, cut into pieces by the input's own first bytes. No byte is lost or
// made up, memory stays within the limit, and what is called a message is one.
#include <cstdint>
#include <cstdlib>
#include <sip/framer.h>
#include <sip/message.h>

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

std::string drain(std::vector<sip::Frame> frames, std::string &kinds)
{
    std::string out;
    for (auto &frame : frames) {
        require(!frame.text.empty());
        if (frame.kind == sip::FrameKind::Message) {
            const auto message = sip::parse(frame.text);
            require(message && message->text.size() == frame.text.size());
            kinds += frame.text;
        }
        out += frame.text;
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::size_t step = data[0] + 1U;
    const std::size_t limit = data[1] % 2 == 0 ? 256 * 1024 : data[1] + 1U;
    const std::string_view stream(reinterpret_cast<const char *>(data) + 2, size - 2);
    const std::size_t longest = data[0] % 3 == 0 ? 4 * limit : 0;
    sip::Framer pieces(limit, longest);
    std::string joined;
    std::string messages;
    bool guessed = false; // a cut may tell where a message begins
    for (std::size_t at = 0; at < stream.size(); at += step) {
        guessed = guessed || pieces.lost();
        joined += drain(pieces.add(stream.substr(at, step), {1}), messages);
        require(pieces.held() <= limit);
    }
    joined += drain(pieces.end({2}), messages);
    require(joined == stream && pieces.held() == 0);
    if (limit < 1000 || guessed)
        return 0;
    // As long as the boundary of the messages is known, however the stream was cut, the same
    // messages come out of it.
    sip::Framer whole(limit, longest);
    std::string same;
    drain(whole.add(stream, {1}), same);
    require(same == messages);
    return 0;
}
