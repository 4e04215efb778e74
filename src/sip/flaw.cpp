// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <array>

namespace sip {
namespace {

struct FlawName {
    FlawCode code;
    std::string_view text, section;
};

constexpr std::array<FlawName, kFlawCodes> kFlaws{{
    {FlawCode::StartLine, "the first line has odd spacing, letter case or control characters",
     "RFC 3261 section 7.1"},
    {FlawCode::BadVersion, "the protocol version is not SIP/2.0", "RFC 3261 section 7.1"},
    {FlawCode::BadStatusCode, "the status code is not a number from 100 to 699",
     "RFC 3261 section 7.2"},
    {FlawCode::HeaderWithoutColon, "a header line has no colon", "RFC 3261 section 7.3.1"},
    {FlawCode::EmptyHeaderName, "a header has no name", "RFC 3261 section 7.3.1"},
    {FlawCode::BareLineFeed, "a line ends with LF or CR alone instead of CRLF",
     "RFC 3261 section 7"},
    {FlawCode::ControlCharacter, "a header holds a control character", "RFC 3261 section 25.1"},
    {FlawCode::NotUtf8, "a header is not valid UTF-8", "RFC 3261 section 7.3.1"},
    {FlawCode::MissingHeader, "a mandatory header is missing", "RFC 3261 section 8.1.1"},
    {FlawCode::RepeatedHeader, "a header that may stand only once stands again",
     "RFC 3261 section 7.3.1"},
    {FlawCode::BadCSeq, "CSeq is not a number below 2^31 and a method", "RFC 3261 section 20.16"},
    {FlawCode::CSeqMethodMismatch, "the method in CSeq is not the request's",
     "RFC 3261 section 8.1.1.5"},
    {FlawCode::BadContentLength, "Content-Length is not a number", "RFC 3261 section 20.14"},
    {FlawCode::ContentLengthTooLong, "Content-Length says more bytes than there are",
     "RFC 3261 section 18.3"},
    {FlawCode::ContentLengthTooShort, "there are more bytes than Content-Length says",
     "RFC 3261 section 18.3"},
    {FlawCode::BadVia, "a Via value cannot be read", "RFC 3261 section 20.42"},
    {FlawCode::BranchWithoutCookie, "the top Via's branch does not begin with z9hG4bK",
     "RFC 3261 section 8.1.1.7"},
    {FlawCode::BadUri, "a URI cannot be read", "RFC 3261 section 19.1.1"},
    {FlawCode::BadNameAddress, "an address is empty, or its quotes or angle brackets do not match",
     "RFC 3261 section 20.10"},
    {FlawCode::BadMultipart, "the multipart body cannot be taken apart", "RFC 2046 section 5.1.1"},
    {FlawCode::BadNumber, "a numeric header holds no number in its range", "RFC 3261 section 25.1"},
    {FlawCode::TooManyHeaders, "more header lines than Earshot looks at",
     "RFC 3261 section 21.4.11"},
    {FlawCode::ValueTooLong, "a header value is longer than Earshot shows",
     "RFC 3261 section 21.4.11"},
    {FlawCode::TooLarge, "the message is larger than Earshot keeps", "RFC 3261 section 21.5.7"},
    {FlawCode::NoBlankLine, "no empty line ends the headers", "RFC 3261 section 7"},
    {FlawCode::BadHeaderName, "a header name holds characters that no name may hold",
     "RFC 3261 section 7.3.1"},
    {FlawCode::BadDate, "Date is not of the form \"Sat, 13 Nov 2010 23:29:00 GMT\"",
     "RFC 3261 section 20.17"},
    {FlawCode::UriHeaders, "the Request-URI carries headers", "RFC 3261 section 19.1.1"},
    {FlawCode::BadDisplayName, "a display name needs quotes for the characters it holds",
     "RFC 3261 section 25.1"},
    {FlawCode::BadParameter, "a parameter is empty", "RFC 3261 section 25.1"},
    {FlawCode::EmptyBranch, "nothing follows z9hG4bK in the top Via's branch",
     "RFC 3261 section 8.1.1.7"},
    {FlawCode::MissingTag, "a tag is missing", "RFC 3261 section 8.1.1.3"},
    {FlawCode::UnknownExtension, "an extension is required that is not registered",
     "RFC 3261 section 20.32"},
}};

const FlawName *flawName(FlawCode code)
{
    for (const auto &name : kFlaws)
        if (name.code == code)
            return &name;
    return nullptr;
}

} // namespace

std::string_view flawText(FlawCode code)
{
    const auto *name = flawName(code);
    return name == nullptr ? std::string_view() : name->text;
}

std::string_view flawSection(FlawCode code)
{
    const auto *name = flawName(code);
    return name == nullptr ? std::string_view() : name->section;
}

FlawWeight flawWeight(const Flaw &flaw)
{
    switch (flaw.code) {
    case FlawCode::TooManyHeaders:
    case FlawCode::ValueTooLong:
    case FlawCode::TooLarge:
    case FlawCode::UnknownExtension:
        return FlawWeight::Note;
    case FlawCode::StartLine:
    case FlawCode::BareLineFeed:
    case FlawCode::NotUtf8:
    case FlawCode::ContentLengthTooShort: // what is beyond it is to be ignored (section 18.3)
    case FlawCode::BranchWithoutCookie:   // RFC 2543 knew none
    case FlawCode::MissingTag:
    case FlawCode::BadDisplayName:
    case FlawCode::BadParameter:
    case FlawCode::BadDate:
    case FlawCode::BadHeaderName:
    case FlawCode::EmptyHeaderName:
    case FlawCode::HeaderWithoutColon:
    case FlawCode::ControlCharacter:
        return FlawWeight::Warning;
    case FlawCode::MissingHeader: // RFC 2543 needed neither
        return flaw.header == HeaderId::MaxForwards || flaw.header == HeaderId::Contact
                   ? FlawWeight::Warning
                   : FlawWeight::Error;
    default:
        return FlawWeight::Error;
    }
}

} // namespace sip
