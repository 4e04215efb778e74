// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a session description. Views lie inside the text, caps hold, an answer has as many
// m-lines as its offer.
#include <cstdint>
#include <cstdlib>
#include <rtp/sdes.h>
#include <sip/sdp.h>
#include <sip/sdp_crypto.h>

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

void inside(std::string_view piece, std::string_view whole)
{
    require(piece.empty() || (piece.data() >= whole.data() &&
                              piece.data() + piece.size() <= whole.data() + whole.size()));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    const auto sdp = sip::parseSdp(text);
    require(sdp.media.size() <= 256 && sdp.attributes.size() <= 4096);
    for (const auto piece : {sdp.origin, sdp.session, sdp.connection, sdp.timing})
        inside(piece, text);
    for (const auto &flaw : sdp.flaws)
        require(flaw.offset <= text.size() && !flaw.what.empty());
    for (const auto &media : sdp.media) {
        inside(media.line, text);
        inside(media.connection, text);
        require(media.port <= 65535 && media.formats.size() <= 4096);
        for (const auto &format : media.formats) {
            inside(format.text, media.line);
            inside(format.fmtp, text);
            require(format.payloadType >= -1 && format.payloadType < 128);
        }
        const auto endpoint = media.endpoint();
        require(!endpoint || (endpoint->known() && endpoint->port == media.port));
    }
    require(sip::mediaDifferences(sdp, sdp).empty());
    for (const auto &media : sdp.media) {
        const auto lines = sip::cryptoLines(media);
        for (const auto line : lines) {
            inside(line, text);
            require(rtp::sdesKeys(line).size() <= 8);
        }
        if (const auto agreed = sip::agreedCrypto(lines, media))
            inside(agreed->theirs, text);
        const auto answer = sip::answerCrypto(
            media, {rtp::sdesValue(rtp::freshKey(rtp::SrtpSuite::AesCm128Sha80, 1)),
                    rtp::sdesValue(rtp::freshKey(rtp::SrtpSuite::AesGcm256, 2))});
        require(!answer || rtp::sdesKeys(*answer).size() == 1);
    }
    sip::SdpDraft ours;
    ours.media = *base::Endpoint::parse("127.0.0.1:4000");
    ours.codecs = sip::codecsByName("opus,PCMU,PCMA,telephone-event");
    if (const auto answer = sip::answerSdp(sdp, ours)) {
        const auto back = sip::parseSdp(*answer);
        require(back.media.size() == sdp.media.size());
        for (std::size_t i = 0; i < back.media.size(); ++i)
            require(back.media[i].port == 0 || sdp.media[i].port != 0);
    }
    return 0;
}
