// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/followed.h>

#include <algorithm>
#include <base/escape.h>
#include <base/text.h>
#include <ingest/text/hexdump.h>
#include <ingest/text/lines.h>
#include <ingest/text/moment.h>
#include <sip/framer.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

constexpr std::size_t kFullLine = 16; // bytes
constexpr std::string_view kHead = "Follow: ";

int sideOf(std::string_view line)
{
    return !line.empty() && (line[0] == '\t' || line[0] == ' ') ? 1 : 0;
}

/// Sixteen bytes may hold less than a start line.
bool beginsMessage(std::string_view bytes)
{
    const std::string_view word = bytes.substr(0, bytes.find(' '));
    return word.size() < bytes.size() &&
           (word == "SIP/2.0" || sip::methodOf(word) != sip::Method::Unknown);
}

/// The lines of a dump, put together to what each side sent at once.
class Dumped
{
public:
    explicit Dumped(std::vector<Talk::Part> &out) : m_out(out) {}

    /// False: this line goes on with none of the two sides.
    bool add(std::string_view line)
    {
        const auto read = readDumpLine(line);
        const int side = sideOf(line);
        if (!read || read->bytes.size() > kFullLine || read->offset != m_offset[side])
            return false;
        m_offset[side] += read->bytes.size();
        // A packet begins a line of its own, and ends one before it is full but for chance.
        if (m_out.empty() || m_out.back().side != side || m_short || beginsMessage(read->bytes))
            m_out.push_back({side, {}, {}});
        m_out.back().bytes += read->bytes;
        m_short = read->bytes.size() < kFullLine;
        return true;
    }

private:
    std::vector<Talk::Part> &m_out;
    std::size_t m_offset[2] = {0, 0};
    bool m_short = false;
};

/// One "-z follow" from its head on.
class Follow
{
public:
    Follow(std::string_view text, std::size_t at) : m_text(text), m_at(at) {}

    Talk run(std::size_t &next)
    {
        head();
        while (m_at < m_text.size() && !ended()) {
            const std::size_t before = m_at;
            if (m_form == "hex" ? !dumpLine() : m_form == "raw" ? !rawLine() : !counted())
                m_at = lineAt(m_text, before).next;
        }
        next = m_at;
        m_talk.dots = m_form == "ascii";
        return std::move(m_talk);
    }

private:
    std::string_view line() const { return lineAt(m_text, m_at).in(m_text); }
    void step() { m_at = lineAt(m_text, m_at).next; }
    bool ended() const { return line().starts_with("====="); }

    void head()
    {
        std::string_view title = line().substr(kHead.size());
        const std::string_view protocol = title.substr(0, title.find(','));
        m_form = base::trim(title.substr(std::min(title.find(',') + 1, title.size())));
        m_talk.transport = protocol == "udp"   ? base::Transport::Udp
                           : protocol == "tcp" ? base::Transport::Tcp
                           : protocol == "tls" ? base::Transport::Tls
                                               : base::Transport::Unknown;
        for (step(); line().starts_with("Filter: ") || line().starts_with("Node "); step()) {
            const std::string_view content = line();
            const int side = content.starts_with("Node 0: ") ? 0 : 1;
            if (content.starts_with("Node "))
                m_talk.ends[side] =
                    base::Endpoint::parse(
                        base::trim(content.substr(std::min<std::size_t>(8, content.size()))))
                        .value_or(base::Endpoint{});
        }
    }
    bool dumpLine()
    {
        const bool good = m_dumped.add(line());
        step();
        return good;
    }
    bool rawLine()
    {
        const std::string_view content = line();
        const auto bytes = bytesOfHex(base::trim(content));
        if (bytes.empty())
            return false;
        m_talk.parts.push_back({sideOf(content), {}, bytes});
        step();
        return true;
    }
    /// The size in a line of its own, then so many bytes as they were, but for dots.
    bool counted()
    {
        const std::string_view content = line();
        const auto size = base::toInteger(base::trim(content));
        const std::size_t begin = lineAt(m_text, m_at).next;
        if (!size || *size <= 0 || static_cast<std::uint64_t>(*size) > m_text.size() - begin)
            return false;
        const auto bytes = m_text.substr(begin, static_cast<std::size_t>(*size));
        m_talk.parts.push_back({sideOf(content), {}, std::string(bytes)});
        m_at = begin + bytes.size();
        return true;
    }

    std::string_view m_text, m_form;
    std::size_t m_at;
    Talk m_talk;
    Dumped m_dumped{m_talk.parts};
};

std::string_view valueBehind(std::string_view line, std::string_view key)
{
    line = base::trim(line);
    if (line.starts_with("- "))
        line.remove_prefix(2);
    return line.starts_with(key) ? base::trim(line.substr(key.size())) : std::string_view();
}

/// "-z follow,...,yaml": the peers, then the packets in base64.
Talk readYaml(std::string_view text)
{
    Talk out;
    std::string coded;
    bool packets = false;
    int side = 0;
    base::Instant time;
    const auto flush = [&] {
        if (const auto bytes = base::fromBase64(coded); bytes && !bytes->empty())
            out.parts.push_back({side, time, *bytes});
        coded.clear();
    };
    for (std::size_t at = 0; at < text.size();) {
        const Line where = lineAt(text, at);
        at = where.next;
        const std::string_view line = where.in(text);
        packets |= line.starts_with("packets:");
        if (const auto peer = valueBehind(line, "peer:"); !peer.empty())
            side = peer == "0" ? 0 : 1;
        else if (const auto host = valueBehind(line, "host:"); !host.empty() && !packets)
            out.ends[side].address = base::Address::parse(host).value_or(base::Address{});
        else if (const auto port = valueBehind(line, "port:"); !port.empty() && !packets) {
            const auto number = base::toInteger(port).value_or(0);
            out.ends[side].port =
                number > 0 && number <= 0xFFFF ? static_cast<std::uint16_t>(number) : 0;
        } else if (const auto stamp = valueBehind(line, "timestamp:"); !stamp.empty())
            time = momentIn(stamp).time;
        else if (!valueBehind(line, "packet:").empty())
            flush();
        else if (packets && line.starts_with("      "))
            coded += base::trim(line);
    }
    flush();
    return out;
}

constexpr std::string_view kArray = "char peer";

/// "char peer0_1[] = { /* Packet 4 */ 0x53, 0x49, ... };" as Wireshark shows C arrays: who sent it,
/// and its bytes.
Talk readArrays(std::string_view text)
{
    Talk out;
    std::size_t next = text.find(kArray);
    while (next != std::string_view::npos) {
        // Nothing of an array is looked for behind the next one: what has no end costs no more.
        const std::size_t name = next + kArray.size();
        next = text.find(kArray, name);
        std::string_view array = text.substr(name, next - name);
        const int side = array.starts_with('0') ? 0 : 1;
        array = array.substr(0, array.find('}'));
        const std::size_t begin = array.find('{');
        if (begin == std::string_view::npos)
            continue;
        array.remove_prefix(begin);
        std::string bytes;
        for (std::size_t i = 0; (i = array.find("0x", i)) != std::string_view::npos; i += 2) {
            const int high = i + 2 < array.size() ? base::hexDigit(array[i + 2]) : -1;
            const int low = i + 3 < array.size() ? base::hexDigit(array[i + 3]) : -1;
            if (high >= 0)
                bytes += static_cast<char>(low < 0 ? high : high * 16 + low);
        }
        if (!bytes.empty())
            out.parts.push_back({side, {}, std::move(bytes)});
    }
    return out;
}

/// As long as its Content-Length says, or not SIP at all.
bool isWhole(std::string_view bytes)
{
    if (!sip::looksLikeSip(bytes))
        return (static_cast<unsigned char>(bytes[0]) & 0xC0U) == 0x80U || base::trim(bytes).empty();
    sip::Framer framer;
    const auto frames = framer.add(bytes, {});
    return frames.size() == 1 && frames[0].kind == sip::FrameKind::Message && !framer.within();
}

} // namespace

bool Talk::inDatagrams() const
{
    if (transport != base::Transport::Unknown)
        return transport == base::Transport::Udp;
    return std::all_of(parts.begin(), parts.end(),
                       [](const Part &part) { return isWhole(part.bytes); });
}

std::optional<Talk> readFollowedDump(std::string_view text, std::size_t line, std::size_t &next)
{
    Talk out;
    Dumped dumped(out.parts);
    next = line;
    while (next < text.size()) {
        const Line where = lineAt(text, next);
        if (where.end - where.begin > 200 || !dumped.add(where.in(text)))
            break;
        next = where.next;
    }
    return out.parts.size() < 2 ? std::nullopt : std::optional(std::move(out));
}

bool isFollow(std::string_view firstBytes)
{
    if (!looksLikeText(firstBytes))
        return false;
    if (base::trim(firstBytes).starts_with(kArray) &&
        firstBytes.find('{') != std::string_view::npos)
        return true;
    if (firstBytes.starts_with("peers:") && firstBytes.find("- peer: 0") != std::string_view::npos)
        return true;
    const std::size_t at = firstBytes.find(std::string("\n").append(kHead));
    const std::size_t begin = firstBytes.starts_with(kHead)  ? 0
                              : at == std::string_view::npos ? at
                                                             : at + 1;
    return begin != std::string_view::npos &&
           base::trim(firstBytes.substr(0, begin)).find_first_not_of('=') ==
               std::string_view::npos &&
           lineAt(firstBytes, lineAt(firstBytes, begin).next)
               .in(firstBytes)
               .starts_with("Filter: ");
}

std::vector<Talk> readFollows(std::string_view text)
{
    std::vector<Talk> out;
    if (text.starts_with("peers:")) {
        out.push_back(readYaml(text));
        return out;
    }
    if (base::trim(text.substr(0, 4096)).starts_with(kArray)) {
        out.push_back(readArrays(text));
        return out;
    }
    for (std::size_t at = 0; at < text.size();) {
        const Line where = lineAt(text, at);
        if (!where.in(text).starts_with(kHead)) {
            at = where.next;
            continue;
        }
        out.push_back(Follow(text, at).run(at));
    }
    return out;
}

std::vector<base::Packet> packetsOf(const Talk &talk, std::uint32_t stream)
{
    std::vector<base::Packet> out;
    const bool datagrams = talk.inDatagrams();
    for (const Talk::Part &part : talk.parts) {
        base::Packet packet;
        packet.time = part.time;
        packet.kind = datagrams ? base::PacketKind::Datagram : base::PacketKind::StreamData;
        packet.transport = talk.transport;
        packet.stream = datagrams ? 0 : stream + static_cast<std::uint32_t>(part.side);
        packet.source = talk.ends[part.side];
        packet.destination = talk.ends[1 - part.side];
        packet.payload = base::Blob::copy(part.bytes);
        out.push_back(std::move(packet));
    }
    return out;
}

} // namespace ingest::text
