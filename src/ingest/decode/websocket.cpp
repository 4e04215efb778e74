// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/websocket.h>

#include <algorithm>
#include <base/text.h>
#include <ingest/decode/bytes.h>
#include <sip/message.h>
#include <zlib.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostMessage = 256U << 10U; // as the framer of other streams
constexpr std::size_t kMostFrame = 1U << 20U;
constexpr std::uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

void unmask(std::string &bytes, std::string_view key)
{
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(bytes[i] ^ key[i % 4]);
}

/// The field's values, joined by commas (RFC 9110 section 5.3).
std::string field(std::string_view head, std::string_view name)
{
    std::string out;
    while (!head.empty()) {
        const std::size_t end = std::min(head.find('\n'), head.size());
        const std::string_view line = head.substr(0, end);
        head.remove_prefix(std::min(head.size(), end + 1));
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos ||
            !base::equalsNoCase(base::trim(line.substr(0, colon)), name))
            continue;
        out += out.empty() ? "" : ",";
        out += base::trim(line.substr(colon + 1));
    }
    return out;
}

bool lists(std::string_view values, std::string_view wanted)
{
    const auto all = base::split(values, ',');
    return std::any_of(all.begin(), all.end(), [wanted](std::string_view one) {
        return base::equalsNoCase(base::trim(one.substr(0, one.find(';'))), wanted);
    });
}

bool answers(std::string_view head)
{
    return head.substr(0, 5) == "HTTP/";
}

} // namespace

/// Raw deflate with a window that lives on between messages (RFC 7692 section 7.2).
struct WsStream::Inflater {
    z_stream zlib{};
    bool good = inflateInit2(&zlib, -MAX_WBITS) == Z_OK;

    Inflater() = default;
    Inflater(const Inflater &) = delete;
    Inflater &operator=(const Inflater &) = delete;
    ~Inflater() { inflateEnd(&zlib); }
};

struct WsStream::Frame {
    std::uint8_t code = 0;
    bool last = false, packed = false, masked = false, valid = false;
    std::size_t header = 0;
    std::uint64_t length = 0;
    std::string_view key;

    bool control() const { return code >= kClose; }
};

WsStream::WsStream() = default;
WsStream::~WsStream() = default;

bool WsStream::looksLikeHead(std::string_view bytes)
{
    static constexpr std::string_view kBeginnings[] = {"GET ", "HTTP/1.1 "};
    return std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                       [bytes](std::string_view begin) {
                           const std::size_t length = std::min(bytes.size(), begin.size());
                           return length != 0 && bytes.substr(0, length) == begin.substr(0, length);
                       });
}

std::size_t WsStream::headEnd(std::string_view bytes)
{
    const std::size_t at = bytes.find(kHeadEnd);
    return at == std::string_view::npos ? at : at + kHeadEnd.size();
}

bool WsStream::upgrades(std::string_view head)
{
    return (!answers(head) || head.substr(9, 3) == "101") &&
           lists(field(head, "Upgrade"), "websocket");
}

/// RFC 6455 section 5.2; false: the header is not complete.
bool WsStream::readFrame(std::string_view bytes, Frame &frame)
{
    if (bytes.size() < 2)
        return false;
    const std::uint8_t first = u8(bytes, 0), second = u8(bytes, 1);
    frame.code = first & 0x0FU;
    frame.last = (first & 0x80U) != 0;
    frame.packed = (first & 0x40U) != 0;
    frame.masked = (second & 0x80U) != 0;
    frame.length = second & 0x7FU;
    const bool known = frame.code <= kBinary || (frame.code >= kClose && frame.code <= kPong);
    frame.valid = known && (first & 0x30U) == 0 &&
                  (!frame.control() || (frame.last && !frame.packed && frame.length <= 125));
    frame.header = 2;
    if (frame.length == 126) {
        frame.length = be16(bytes, 2);
        frame.header = 4;
    } else if (frame.length == 127) {
        frame.length = std::uint64_t{be32(bytes, 2)} << 32U | be32(bytes, 6);
        frame.header = 10;
    }
    if (frame.masked) {
        frame.key = bytes.substr(std::min(bytes.size(), frame.header), 4);
        frame.header += 4;
    }
    frame.valid = frame.valid && frame.length >> 63U == 0;
    return bytes.size() >= frame.header;
}

bool WsStream::looksLikeSipFrame(std::string_view bytes)
{
    Frame frame;
    if (!readFrame(bytes, frame) || !frame.valid || frame.packed ||
        (frame.code != kText && frame.code != kBinary))
        return false;
    constexpr std::size_t kEnough = 1024;
    std::string text(bytes.substr(frame.header, std::min<std::uint64_t>(frame.length, kEnough)));
    if (frame.masked)
        unmask(text, frame.key);
    return sip::looksLikeSip(text);
}

void WsStream::head(std::string_view text)
{
    const bool answer = answers(text);
    const bool sip = lists(field(text, "Sec-WebSocket-Protocol"), "sip");
    if (!answer && m_answered)
        return;
    m_answered = m_answered || answer;
    m_sip = sip; // the answer chooses among what the request offers
    const std::string extensions = field(text, "Sec-WebSocket-Extensions");
    m_packs = lists(extensions, "permessage-deflate");
}

std::size_t WsStream::held() const
{
    std::size_t sum = 0;
    for (const Side &side : m_sides)
        sum += side.held.size() + side.message.size();
    return sum;
}

std::vector<WsPiece> WsStream::add(int from, std::string_view bytes)
{
    Out out;
    Side &side = m_sides[from];
    if (side.lost) {
        // Senders begin a segment with a frame more often than not; anything else is passed over.
        if (!looksLikeSipFrame(bytes))
            return out;
        side.lost = false;
    }
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(side.skip, bytes.size()));
    side.skip -= skipped;
    side.held.append(bytes.substr(skipped));
    while (next(side, out)) {
    }
    side.held.erase(0, side.begin);
    side.begin = 0;
    return out;
}

void WsStream::gap(int from)
{
    Out ignored;
    lose(m_sides[from], ignored);
}

/// The boundary of the frames is lost, and with it the window of a compressed stream.
void WsStream::lose(Side &side, Out &out)
{
    side = {};
    side.lost = true;
    out.push_back({WsPiece::Kind::Gap, {}, false, 0});
}

/// Takes a frame off the front; false: it is not whole yet.
bool WsStream::next(Side &side, Out &out)
{
    Frame frame;
    const std::string_view rest = std::string_view(side.held).substr(side.begin);
    if (side.lost || rest.empty() || !readFrame(rest, frame))
        return false;
    if (!frame.valid) {
        ++m_unreadable;
        lose(side, out);
        return false;
    }
    if (frame.length > kMostFrame) { // its bytes are counted off as they come
        ++m_unreadable;
        const std::size_t there = rest.size() - frame.header;
        const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(frame.length, there));
        side.skip = frame.length - skipped;
        side.begin += frame.header + skipped;
        side.open = false;
        side.message.clear();
        out.push_back({WsPiece::Kind::Gap, {}, false, 0});
        return true;
    }
    const auto length = static_cast<std::size_t>(frame.length);
    if (rest.size() - frame.header < length)
        return false;
    std::string payload(rest.substr(frame.header, length));
    if (frame.masked)
        unmask(payload, frame.key);
    side.begin += frame.header + length;
    this->frame(side, frame, payload, out);
    return true;
}

void WsStream::frame(Side &side, const Frame &frame, const std::string &payload, Out &out)
{
    if (frame.code == kPing || frame.code == kPong) {
        const std::string header{static_cast<char>(0x80U | frame.code),
                                 static_cast<char>(payload.size())};
        out.push_back({WsPiece::Kind::Control, header + payload, false, 0});
        return;
    }
    if (frame.code == kClose) {
        WsPiece piece;
        piece.kind = WsPiece::Kind::Close;
        piece.code = be16(payload, 0);
        piece.bytes = payload.substr(std::min<std::size_t>(2, payload.size()));
        out.push_back(std::move(piece));
        return;
    }
    if (frame.code != kContinuation) { // fragments that go before it lack their end
        side.message.clear();
        side.cut = false;
        side.packed = frame.packed;
        side.open = true;
    }
    if (!side.open)
        return; // the rest of a message whose beginning is lost
    const std::size_t room = kMostMessage - side.message.size();
    side.cut = side.cut || payload.size() > room;
    side.message += payload.substr(0, room);
    if (frame.last)
        finish(side, out);
}

void WsStream::finish(Side &side, Out &out)
{
    side.open = false;
    WsPiece piece;
    if (side.packed && !inflate(side)) {
        ++m_unreadable;
        piece.kind = WsPiece::Kind::Gap;
    } else {
        piece.bytes = std::move(side.message);
        piece.cut = side.cut;
        m_sip = m_sip || sip::looksLikeSip(piece.bytes);
    }
    side.message.clear();
    out.push_back(std::move(piece));
}

/// The message in place of its compressed form; false: it cannot be read. The window begins anew
/// then: messages that do not need what was before can be read on.
bool WsStream::inflate(Side &side)
{
    std::unique_ptr<Inflater> inflater = std::move(side.inflater);
    if (side.cut || !m_packs)
        return false;
    if (!inflater)
        inflater = std::make_unique<Inflater>();
    z_stream &zlib = inflater->zlib;
    side.message.append("\x00\x00\xFF\xFF", 4);
    std::string plain(kMostMessage, '\0');
    zlib.next_in = reinterpret_cast<Bytef *>(side.message.data());
    zlib.avail_in = static_cast<uInt>(side.message.size());
    zlib.next_out = reinterpret_cast<Bytef *>(plain.data());
    zlib.avail_out = static_cast<uInt>(plain.size());
    const int result = inflater->good ? ::inflate(&zlib, Z_SYNC_FLUSH) : Z_MEM_ERROR;
    if (result == Z_STREAM_END)
        inflateReset(&zlib);
    else if (result != Z_OK || zlib.avail_out == 0)
        return false;
    plain.resize(plain.size() - zlib.avail_out);
    side.message = std::move(plain);
    side.inflater = std::move(inflater);
    return true;
}

} // namespace ingest::decode
