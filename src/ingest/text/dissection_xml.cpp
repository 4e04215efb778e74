// SPDX-License-Identifier: Apache-2.0
// PDML (tshark -T pdml). Each packet is parsed as a document of its own, so that a damaged one
// costs no other; none of them may declare a type, so that there are no entities but XML's own.
#include <ingest/text/dissection.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <expat.h>
#include <memory>

namespace ingest::text {
namespace {

constexpr int kDeepest = 256;
constexpr std::size_t kLargest = std::size_t{64} << 20U; // bytes of one packet
constexpr std::string_view kBegin = "<packet", kEnd = "</packet>";

class XmlReader
{
public:
    XmlReader(std::string_view text, TextFrames &out)
        : m_text(text), m_out(out), m_packet(out, text)
    {
    }

    void run()
    {
        std::size_t at = next(0);
        while (at < m_text.size() && !m_out.stop(at)) {
            const std::size_t following = next(at + kBegin.size());
            std::string_view piece = m_text.substr(at, following - at);
            const std::size_t end = piece.rfind(kEnd);
            at = following;
            if (end == std::string_view::npos || piece.size() > kLargest || !m_parser) {
                ++m_damaged;
                continue;
            }
            packet(piece.substr(0, end + kEnd.size()));
        }
        m_out.stop(m_text.size());
        m_packet.tell();
        if (m_damaged != 0)
            m_out.flaw(base::counted(m_damaged, "packet") +
                       " could not be read: the XML is damaged there, or ends.");
    }

private:
    struct Free {
        void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
    };

    std::size_t next(std::size_t from) const
    {
        for (;;) {
            from = std::min(m_text.find(kBegin, from), m_text.size());
            const std::size_t behind = from + kBegin.size();
            if (behind >= m_text.size() || m_text[behind] == '>' || m_text[behind] == ' ')
                return from;
            from = behind;
        }
    }

    void packet(std::string_view text)
    {
        XML_ParserReset(m_parser.get(), "UTF-8");
        XML_SetUserData(m_parser.get(), this);
        XML_SetElementHandler(m_parser.get(), started, ended);
        m_depth = 0;
        m_packet.begin();
        if (XML_Parse(m_parser.get(), text.data(), static_cast<int>(text.size()), 1) ==
            XML_STATUS_OK)
            m_packet.end();
        else
            ++m_damaged;
    }

    static void started(void *self, const XML_Char *name, const XML_Char **attributes)
    {
        static_cast<XmlReader *>(self)->start(name, attributes);
    }
    static void ended(void *self, const XML_Char * /*name*/)
    {
        --static_cast<XmlReader *>(self)->m_depth;
    }

    void start(std::string_view element, const XML_Char **attributes)
    {
        constexpr int kProtocol = 2, kField = 3; // within the packet
        if (++m_depth > kDeepest)
            XML_StopParser(m_parser.get(), XML_FALSE);
        if (m_depth != kProtocol && m_depth != kField)
            return;
        std::string_view name, shown, hex;
        for (; attributes[0] != nullptr; attributes += 2) {
            const std::string_view key = attributes[0];
            if (key == "name")
                name = attributes[1];
            else if (key == "show")
                shown = attributes[1];
            else if (key == "value")
                hex = attributes[1];
        }
        if (m_depth == kField && element == "field" && m_within)
            m_packet.field(name, shown, hex);
        else if (m_depth == kProtocol && (m_within = element == "proto"))
            m_packet.layer(name);
    }

    std::string_view m_text;
    TextFrames &m_out;
    Dissection m_packet;
    std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> m_parser{XML_ParserCreate("UTF-8")};
    std::uint64_t m_damaged = 0;
    int m_depth = 0;
    bool m_within = false; // a protocol
};

} // namespace

bool isDissectedXml(std::string_view firstBytes)
{
    std::string_view text = firstBytes;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    return base::trim(text).starts_with('<') && text.find("<pdml") != std::string_view::npos;
}

base::Result<Outcome> readDissectedXml(const base::Blob &bytes, const Sink &sink,
                                       const std::atomic<bool> &cancel)
{
    TextFrames out(sink, cancel, bytes.size());
    out.outcome().linkTypes.emplace_back("tshark PDML");
    XmlReader(bytes.text(), out).run();
    return out.finish();
}

} // namespace ingest::text
