// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <algorithm>

#include <base/text.h>
#include <sip/check.h>
#include <sip/scan.h>

namespace sip {
namespace {

constexpr std::size_t kLongestBoundary = 70; // RFC 2046 section 5.1.1

std::string_view mediaType(std::string_view contentType)
{
    return base::trim(contentType.substr(0, contentType.find(';')));
}

bool isMultipart(std::string_view contentType)
{
    return base::equalsNoCase(contentType.substr(0, 10), "multipart/");
}

class PartReader
{
public:
    PartReader(const Limits &limits, std::vector<Part> &out) : m_limits(limits), m_out(out) {}

    bool read(std::string_view contentType, std::string_view body, int depth);

private:
    bool readPart(std::string_view text, int depth);

    const Limits &m_limits;
    std::vector<Part> &m_out;
};

// A part's own header lines; only two of them matter here.
std::size_t readPartHeaders(std::string_view text, Part &part)
{
    LineCursor lines(text);
    while (!lines.done()) {
        const Line line = lines.next();
        if (line.end == line.begin)
            return lines.at();
        const auto whole = text.substr(line.begin, line.end - line.begin);
        const auto colon = whole.find(':');
        if (colon == std::string_view::npos)
            continue;
        const auto id = headerIdOf(base::trim(whole.substr(0, colon)));
        if (id == HeaderId::ContentType)
            part.contentType = base::trim(whole.substr(colon + 1));
        else if (id == HeaderId::ContentDisposition)
            part.disposition = base::trim(whole.substr(colon + 1));
    }
    return text.size();
}

bool PartReader::readPart(std::string_view text, int depth)
{
    Part part;
    part.body = text.substr(readPartHeaders(text, part));
    if (isMultipart(part.contentType))
        return read(part.contentType, part.body, depth + 1);
    if (m_out.size() >= static_cast<std::size_t>(std::max(m_limits.multipartParts, 0)))
        return false;
    m_out.push_back(part);
    return true;
}

bool PartReader::read(std::string_view contentType, std::string_view body, int depth)
{
    const auto boundary = unquoted(parameter(contentType, "boundary").value_or(std::string_view()));
    if (boundary.empty() || boundary.size() > kLongestBoundary || depth > m_limits.multipartDepth)
        return false;
    LineCursor lines(body);
    std::size_t begin = std::string_view::npos; // of the part under way
    std::size_t previousEnd = 0;                // the line end before a delimiter belongs to it
    bool good = true;
    while (!lines.done()) {
        const Line line = lines.next();
        const auto text = body.substr(line.begin, line.end - line.begin);
        const bool delimiter = text.size() >= boundary.size() + 2 && text.substr(0, 2) == "--" &&
                               text.substr(2, boundary.size()) == boundary;
        const auto tail = delimiter ? text.substr(boundary.size() + 2) : std::string_view();
        const bool closing = delimiter && tail.substr(0, 2) == "--";
        if (delimiter && (closing || base::trim(tail).empty())) {
            if (begin != std::string_view::npos)
                good = readPart(body.substr(begin, std::max(previousEnd, begin) - begin), depth) &&
                       good;
            if (closing)
                return good && begin != std::string_view::npos;
            begin = line.next;
        }
        previousEnd = line.end;
    }
    if (begin != std::string_view::npos) // never closed: the last part is what there is
        readPart(body.substr(begin), depth);
    return false;
}

bool isSdp(std::string_view contentType, std::string_view disposition)
{
    // RFC 3959: an early-session body is an offer or answer of its own, not the session's.
    return base::equalsNoCase(mediaType(contentType), "application/sdp") &&
           !base::equalsNoCase(mediaType(disposition), "early-session");
}

} // namespace

bool readParts(const Message &message, const Limits &limits, std::vector<Part> &out)
{
    const auto type = message.value(HeaderId::ContentType);
    if (!isMultipart(type) || message.body.empty())
        return true;
    return PartReader(limits, out).read(type, message.body, 1);
}

std::vector<Part> parts(const Message &message, const Limits &limits)
{
    std::vector<Part> out;
    readParts(message, limits, out);
    return out;
}

std::string_view Message::sdp() const
{
    const auto encoding = value(HeaderId::ContentEncoding);
    if (!encoding.empty() && !base::equalsNoCase(encoding, "identity"))
        return {}; // compressed bodies are not unpacked
    const auto type = value(HeaderId::ContentType);
    if (isSdp(type, value(HeaderId::ContentDisposition)))
        return body;
    for (const Part &part : parts(*this))
        if (isSdp(part.contentType, part.disposition))
            return part.body;
    return {};
}

} // namespace sip
