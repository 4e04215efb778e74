// SPDX-License-Identifier: Apache-2.0
// Fuzz target: one message. Whatever comes in, every view lies inside the text and what is written
// can be read; the quick digest never differs from the parse.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <sip/digest.h>
#include <sip/message.h>
#include <sip/uri.h>
#include <sip/write.h>

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

void checkMessage(const sip::Message &message, const sip::Limits &limits)
{
    const auto whole = message.text;
    for (const auto piece :
         {message.startLine, message.methodText, message.requestUri, message.reason, message.body,
          message.callId(), message.fromTag(), message.toTag(), message.branch(),
          message.cseq().methodText, message.sdp()})
        inside(piece, whole);
    require(whole.size() <= limits.message && message.headers.size() <= limits.headers);
    for (const auto &header : message.headers) {
        inside(header.line, whole);
        inside(header.name, header.line);
        inside(header.value, header.line);
        require(header.value.size() <= limits.value);
        for (const auto value : message.headers.size() < 20 ? message.values(header.id)
                                                            : std::vector<std::string_view>{}) {
            inside(value, whole);
            const auto address = sip::parseNameAddress(value);
            inside(address.uriText, value);
            inside(address.parameters, value);
            inside(sip::parseVia(value).parameters, value);
        }
    }
    for (const auto &flaw : message.flaws) {
        require(std::size_t{flaw.offset} + flaw.length <= whole.size());
        require(!sip::flawText(flaw.code).empty());
    }
    const auto found = sip::parts(message, limits);
    require(found.size() <= static_cast<std::size_t>(limits.multipartParts));
    for (const auto &part : found)
        inside(part.body, message.body);
}

// A response to anything that was readable is itself readable, and no foreign byte ends one of its
// lines.
void checkResponse(const sip::Message &message)
{
    const auto text = sip::responseTo(message, 486, message.reason, "tag").body("a/b", "x").text();
    const auto back = sip::parse(text);
    require(back.has_value() && back->status == 486 && back->body == "x");
    for (const auto &flaw : back->flaws)
        require(flaw.code != sip::FlawCode::BareLineFeed &&
                flaw.code != sip::FlawCode::NoBlankLine);
}

void checkDigest(std::string_view text)
{
    sip::Digest quick;
    if (!sip::readDigest(text, quick))
        return;
    const auto message = sip::parse(text);
    require(message.has_value());
    const sip::Digest slow = sip::digestOf(*message);
    require(quick.callId == slow.callId && quick.fromTag == slow.fromTag &&
            quick.toTag == slow.toTag && quick.branch == slow.branch &&
            quick.sentBy == slow.sentBy && quick.cseq == slow.cseq && quick.rseq == slow.rseq &&
            quick.status == slow.status && quick.method == slow.method &&
            quick.viaCount == slow.viaCount && quick.reliable == slow.reliable &&
            quick.hasSdp == slow.hasSdp && quick.earlyMedia == slow.earlyMedia &&
            quick.numbered == slow.numbered);
    require(!quick.flawless || message->flaws.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkDigest(text);
    sip::Limits small;
    small.message = 600;
    small.headers = 6;
    small.value = 30;
    small.multipartParts = 3;
    for (const auto &limits : {sip::Limits{}, small}) {
        const auto message = sip::parse(text, limits);
        if (!message)
            continue;
        require(sip::looksLikeSip(message->text));
        inside(message->text, text);
        checkMessage(*message, limits);
        if (limits.message > small.message)
            checkResponse(*message);
    }
    return 0;
}
