// SPDX-License-Identifier: Apache-2.0
// -T json writes a list of packets, -T ek one packet in each line. Each is read for itself, so that
// a damaged one costs no other; names that come twice are all told, in their order.
#include <ingest/text/dissection.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <cstring>
#include <nlohmann/json.hpp>

namespace ingest::text {
namespace {

using nlohmann::json;

constexpr std::size_t kDeepest = 256;
constexpr std::size_t kLargest = std::size_t{64} << 20U; // bytes of one packet
constexpr int kMostTries = 16; // packets without an end, each searched for
constexpr std::string_view kIndex = "\"_index\"", kLayers = "\"layers\"";

/// Tells a packet's fields: those that stand right in one of its layers.
class Fields final : public json::json_sax_t
{
public:
    explicit Fields(Dissection &out) : m_out(out) {}
    bool sawLayers() const { return m_saw; }

    bool null() override { return true; }
    bool boolean(bool /*value*/) override { return true; }
    bool number_integer(json::number_integer_t /*value*/) override { return true; }
    bool number_unsigned(json::number_unsigned_t value) override
    {
        return told(std::to_string(value));
    }
    bool number_float(json::number_float_t /*value*/, const std::string & /*text*/) override
    {
        return true;
    }
    bool binary(json::binary_t & /*value*/) override { return true; }
    bool string(std::string &value) override { return told(value); }
    bool start_object(std::size_t /*size*/) override
    {
        if (m_layers == 0 && m_key == "layers") {
            m_layers = m_objects + 1;
            m_saw = true;
        } else if (m_layers != 0 && m_objects == m_layers) {
            m_out.layer(m_layer); // -T ek makes a list of two of a kind
        }
        ++m_objects;
        return ++m_depth < kDeepest;
    }
    bool end_object() override
    {
        if (m_objects == m_layers)
            m_layers = 0;
        else if (m_objects == m_layers + 1)
            m_out.layer({});
        --m_objects;
        --m_depth;
        return true;
    }
    bool start_array(std::size_t /*size*/) override
    {
        ++m_arrays;
        m_ofArray = 0;
        return ++m_depth < kDeepest;
    }
    bool end_array() override
    {
        --m_arrays;
        --m_depth;
        return true;
    }
    bool key(std::string &name) override
    {
        m_key = name;
        if (m_layers != 0 && m_objects == m_layers)
            m_layer = name;
        return true;
    }
    bool parse_error(std::size_t /*position*/, const std::string & /*token*/,
                     const json::exception & /*error*/) override
    {
        return false;
    }

private:
    bool told(std::string_view value)
    {
        // Of ["494e...", 0, 673, 0, 1] the first one is the field's bytes.
        const bool raw = m_arrays != 0 && m_key.ends_with("_raw");
        if (raw && m_ofArray++ != 0)
            return true;
        if (m_layers != 0 && (m_objects == m_layers || m_objects == m_layers + 1))
            m_out.field(m_key, value, {});
        return true;
    }

    Dissection &m_out;
    std::string m_key, m_layer;
    std::size_t m_objects = 0, m_arrays = 0, m_depth = 0;
    std::size_t m_layers = 0, m_ofArray = 0; // the level of the layers, 0: outside
    bool m_saw = false;
};

class JsonReader
{
public:
    JsonReader(std::string_view text, TextFrames &out)
        : m_text(text), m_out(out), m_packet(out, text)
    {
    }

    void run()
    {
        while (!m_out.stop(m_at) && m_tries < kMostTries) {
            const std::size_t begin = m_text.find('{', m_at);
            if (begin == std::string_view::npos)
                break;
            const std::size_t end = endOf(begin);
            if (end == std::string_view::npos) {
                m_damaged += 1;
                ++m_tries;
                m_at = nextPacket(begin + 1);
            } else {
                m_at = end;
                packet(m_text.substr(begin, end - begin));
            }
        }
        m_out.stop(m_text.size());
        m_packet.tell();
        if (m_damaged != 0)
            m_out.flaw(base::counted(m_damaged, "packet") +
                       " could not be read: the JSON is damaged there, or ends." +
                       (m_tries >= kMostTries ? " What follows was not looked at." : ""));
    }

private:
    void packet(std::string_view text)
    {
        m_packet.begin();
        Fields fields(m_packet);
        if (!json::sax_parse(text.begin(), text.end(), &fields))
            ++m_damaged;
        else if (fields.sawLayers()) // the line before one of -T ek has none
            m_packet.end();
    }

    /// Behind the object that begins here; npos: it does not end, or is larger than any packet's.
    std::size_t endOf(std::size_t begin) const
    {
        const std::string_view text =
            m_text.substr(0, begin + std::min(m_text.size() - begin, kLargest));
        std::size_t depth = 0;
        for (std::size_t at = begin; at < text.size(); ++at) {
            at = text.find_first_of("\"{}", at);
            if (at == std::string_view::npos)
                break;
            if (text[at] == '{') {
                ++depth;
            } else if (text[at] == '}') {
                if (--depth == 0)
                    return at + 1;
            } else {
                at = endOfString(text, at);
            }
        }
        return std::string_view::npos;
    }
    static std::size_t endOfString(std::string_view text, std::size_t at)
    {
        for (++at; at < text.size(); ++at) {
            at = text.find_first_of("\"\\", at);
            if (at == std::string_view::npos || text[at] == '"')
                return std::min(at, text.size());
            ++at; // what is escaped
        }
        return text.size();
    }
    /// Where another packet may begin.
    std::size_t nextPacket(std::size_t from) const
    {
        constexpr std::size_t kNone = std::string_view::npos;
        const std::size_t line = m_text.find("\n{\"", from);
        std::size_t index = m_text.find(kIndex, from);
        std::size_t brace = index == kNone ? kNone : m_text.rfind('{', index);
        if (brace != kNone && brace < from) { // that one belongs to the packet that is left
            index = m_text.find(kIndex, index + kIndex.size());
            brace = index == kNone ? kNone : m_text.rfind('{', index);
        }
        return std::max(from, std::min({brace, line, m_text.size()}));
    }

    std::string_view m_text;
    TextFrames &m_out;
    Dissection m_packet;
    std::size_t m_at = 0;
    std::uint64_t m_damaged = 0;
    int m_tries = 0;
};

} // namespace

bool isDissectedJson(std::string_view firstBytes)
{
    std::string_view text = firstBytes;
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    text = base::trim(text);
    const auto has = [&](std::string_view part) {
        return text.find(part) != std::string_view::npos;
    };
    if (text.starts_with('[') || text.starts_with(kIndex))
        return has(kIndex) && (has("packets-") || has(kLayers));
    if (!text.starts_with('{')) // one for each packet, perhaps with one for an index before it
        return false;
    return has(kLayers) && (has("\"timestamp\"") || has(kIndex));
}

base::Result<Outcome> readDissectedJson(const base::Blob &bytes, const Sink &sink,
                                        const std::atomic<bool> &cancel)
{
    TextFrames out(sink, cancel, bytes.size());
    out.outcome().linkTypes.emplace_back("tshark JSON");
    JsonReader(bytes.text(), out).run();
    return out.finish();
}

} // namespace ingest::text
