// SPDX-License-Identifier: Apache-2.0
// Our own tolerant, zero-copy SIP parser (RFC 3261 section 7 and 25). Everything views the text it
// was given, which must outlive the Message. What is wrong with the text is recorded in `flaws`;
// recognisable SIP is never rejected.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

enum class Method : std::uint8_t {
    Unknown,
    Invite,
    Ack,
    Bye,
    Cancel,
    Register,
    Options,
    Prack,
    Update,
    Subscribe,
    Notify,
    Refer,
    Info,
    Message,
    Publish,
};
Method methodOf(std::string_view text); // case-sensitive, RFC 3261 section 7.1
std::string_view methodText(Method method);

enum class HeaderId : std::uint8_t {
    Other,
    Via,
    From,
    To,
    CallId,
    CSeq,
    Contact,
    MaxForwards,
    Route,
    RecordRoute,
    Path,
    ServiceRoute,
    ContentType,
    ContentLength,
    ContentDisposition,
    ContentEncoding,
    Supported,
    Require,
    ProxyRequire,
    Unsupported,
    Allow,
    Accept,
    Expires,
    MinExpires,
    RSeq,
    RAck,
    PEarlyMedia,
    FlowTimer,
    WwwAuthenticate,
    ProxyAuthenticate,
    Authorization,
    ProxyAuthorization,
    Warning,
    Reason,
    RetryAfter,
    Server,
    UserAgent,
    SessionId,
    AlertInfo,
    SessionExpires,
    MinSe,
    Subject,
    Event,
    ReferTo,
    ReferredBy,
    Replaces,
};

HeaderId headerIdOf(std::string_view name); // long or compact form, without regard to case
std::string_view headerText(HeaderId id);   // "Via"; empty for Other

struct Header {
    HeaderId id = HeaderId::Other;
    std::string_view name;  // as written (maybe compact)
    std::string_view value; // trimmed; still holds its folds
    std::string_view line;  // from the name to before the line end, folds included
};

/// What the wire did wrong. New codes go at the end.
enum class FlawCode : std::uint8_t {
    StartLine, // odd spacing, lower-case version, control characters
    BadVersion,
    BadStatusCode, // not three digits, or outside 100..699
    HeaderWithoutColon,
    EmptyHeaderName,
    BareLineFeed,     // LF or CR alone as line end
    ControlCharacter, // NUL or control character in a header
    NotUtf8,
    MissingHeader,  // a mandatory header is not there (span is empty)
    RepeatedHeader, // a header that may stand only once stands twice
    BadCSeq,
    CSeqMethodMismatch,   // CSeq method is not the request's
    BadContentLength,     // not a number
    ContentLengthTooLong, // says more than there is: truncated
    ContentLengthTooShort,
    BadVia,
    BranchWithoutCookie, // RFC 3261 section 8.1.1.7
    BadUri,
    BadNameAddress, // empty, or unbalanced quotes or angle brackets
    BadMultipart,
    BadNumber,      // a numeric header (Max-Forwards, Expires, RSeq, ...) holds no number in range
    TooManyHeaders, // beyond the cap; the rest is not looked at
    ValueTooLong,   // beyond the cap; shown cut
    TooLarge,       // the whole message is beyond the cap
    NoBlankLine,    // headers never end
    BadHeaderName,  // a name that is no token
    BadDate,
    UriHeaders,       // a Request-URI with headers behind "?"
    BadDisplayName,   // not quoted, but with characters that need it
    BadParameter,     // an empty one, as ";;" leaves it
    EmptyBranch,      // nothing behind z9hG4bK
    MissingTag,       // of From, or of To in a response
    UnknownExtension, // Require names what IANA never registered
};
constexpr std::size_t kFlawCodes = static_cast<std::size_t>(FlawCode::UnknownExtension) + 1;
std::string_view flawText(FlawCode code);    // one clause for the user
std::string_view flawSection(FlawCode code); // "RFC 3261 section 20.14"

struct Flaw {
    FlawCode code = FlawCode::StartLine;
    std::uint32_t offset = 0; // into Message::text
    std::uint32_t length = 0;
    HeaderId header = HeaderId::Other; // whose flaw it is, where it belongs to a header we know
};

/// Note: legal, or Earshot's own limit. Warning: against the RFC, but a receiver can work with it.
/// Error: a receiver has to refuse the message, or cannot tell what it says.
enum class FlawWeight : std::uint8_t { Note, Warning, Error };
FlawWeight flawWeight(const Flaw &flaw);

/// What `status` holds when the status line's code is no number of three digits.
constexpr int kUnreadableStatus = 999;

struct CSeq {
    std::uint32_t number = 0;
    Method method = Method::Unknown;
    std::string_view methodText;
};

struct Limits { // ../trust T1, T2: caps, shown as flaws when they bite
    std::size_t message = 256 * 1024;
    std::size_t headers = 512;
    std::size_t value = 64 * 1024;
    int multipartDepth = 4;
    int multipartParts = 32;
};

struct Message {
    std::string_view text; // the whole message as parsed
    std::string_view startLine;
    Method method = Method::Unknown; // requests: theirs; responses: CSeq's
    std::string_view methodText;
    std::string_view requestUri; // requests only
    int status = 0;              // responses only; 0 marks a request
    std::string_view reason;     // responses only
    std::vector<Header> headers; // in order, every line of them
    std::string_view body;       // after Content-Length was applied
    std::vector<Flaw> flaws;

    bool isRequest() const { return status == 0; }

    /// First header of that kind, nullptr if there is none.
    const Header *find(HeaderId id) const;
    const Header *find(std::string_view name) const; // any header, without regard to case
    /// First value, empty if absent.
    std::string_view value(HeaderId id) const;
    /// Every value of a list header, commas split where they separate (not in quotes or angle
    /// brackets), in order.
    std::vector<std::string_view> values(HeaderId id) const;
    /// Option tags: is `token` in the list header (without regard to case)?
    bool lists(HeaderId id, std::string_view token) const;
    std::optional<std::uint32_t> number(HeaderId id) const;

    std::string_view callId() const;
    std::string_view fromTag() const;
    std::string_view toTag() const;
    std::string_view branch() const; // of the top Via
    CSeq cseq() const;
    /// The SDP part: the body itself, or the first application/sdp part of a multipart (RFC 2046),
    /// else empty. A part with Content-Disposition early-session is left out (RFC 3959).
    std::string_view sdp() const;
};

/// nullopt: not recognisable as a SIP message at all (first line is neither a request nor a status
/// line). Linear in the length of `text`; leading CRLFs are skipped.
std::optional<Message> parse(std::string_view text, const Limits &limits = {});

/// Cheap: could this be SIP? Looks at the first line only.
bool looksLikeSip(std::string_view text);

/// Parameter of a header value or URI: ";name=value" outside quotes and angle brackets, without
/// regard to case. A parameter without value gives an empty view; nullopt: not there.
std::optional<std::string_view> parameter(std::string_view value, std::string_view name);
/// Without surrounding quotes, escapes kept.
std::string_view unquoted(std::string_view text);

struct Part {
    std::string_view contentType, disposition, body;
};
/// The parts of a multipart body, nested ones flattened; at most limits.multipartParts.
std::vector<Part> parts(const Message &message, const Limits &limits = {});

} // namespace sip
