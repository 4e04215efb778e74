// SPDX-License-Identifier: Apache-2.0
// A small, strict reader of XML, enough to say whether a report is well formed and which elements
// and attributes it has. Knows nothing of DTDs; a <!DOCTYPE ...> line and <style> content are
// skipped as HTML has them.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace made {

struct Attribute {
    std::string element, name, value;
};

class WellFormed
{
public:
    explicit WellFormed(std::string_view text) : m_text(text) { read(); }

    std::string error; // empty: well formed
    std::vector<std::string> elements;
    std::vector<Attribute> attributes;

    bool has(std::string_view element) const
    {
        for (const auto &name : elements)
            if (name == element)
                return true;
        return false;
    }

private:
    void read()
    {
        while (error.empty() && m_at < m_text.size()) {
            if (m_text[m_at] == '<')
                tag();
            else
                character();
        }
        if (error.empty() && !m_open.empty())
            fail("not closed: " + m_open.back());
    }
    void fail(const std::string &what)
    {
        if (error.empty())
            error = what + " at byte " + std::to_string(m_at) + ": " +
                    std::string(m_text.substr(m_at, 60));
    }
    void character()
    {
        const auto c = static_cast<unsigned char>(m_text[m_at]);
        if (c < 0x20 && c != '\n' && c != '\t' && c != '\r')
            return fail("control character");
        if (c == '&')
            return entity();
        if (c == '>')
            return fail("bare >");
        ++m_at;
    }
    void entity()
    {
        for (const std::string_view known : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
            if (m_text.substr(m_at, known.size()) == known) {
                m_at += known.size();
                return;
            }
        fail("unknown entity");
    }
    std::string name()
    {
        const auto from = m_at;
        while (m_at < m_text.size() &&
               (std::isalnum(static_cast<unsigned char>(m_text[m_at])) != 0 ||
                m_text[m_at] == '-' || m_text[m_at] == ':'))
            ++m_at;
        return std::string(m_text.substr(from, m_at - from));
    }
    void space()
    {
        while (m_at < m_text.size() && std::isspace(static_cast<unsigned char>(m_text[m_at])) != 0)
            ++m_at;
    }
    bool skip(std::string_view open, std::string_view close)
    {
        if (m_text.substr(m_at, open.size()) != open)
            return false;
        const auto end = m_text.find(close, m_at);
        if (end == std::string_view::npos)
            fail("no " + std::string(close));
        else
            m_at = end + close.size();
        return true;
    }
    void tag()
    {
        if (skip("<?xml", "?>") || skip("<!DOCTYPE html", ">"))
            return;
        ++m_at;
        const bool closing = m_at < m_text.size() && m_text[m_at] == '/';
        if (closing)
            ++m_at;
        const std::string element = name();
        if (element.empty())
            return fail("no element name");
        if (closing) {
            if (m_open.empty() || m_open.back() != element)
                return fail("closes what is not open: " + element);
            m_open.pop_back();
        } else {
            elements.push_back(element);
            m_open.push_back(element);
            while (error.empty() && attribute(element)) {
            }
        }
        space();
        if (!closing && m_text.substr(m_at, 2) == "/>") {
            m_open.pop_back();
            m_at += 2;
            return;
        }
        if (m_at >= m_text.size() || m_text[m_at] != '>')
            return fail("tag does not end");
        ++m_at;
        if (!closing && element == "style")
            m_at = m_text.find("</style>", m_at);
    }
    bool attribute(const std::string &element)
    {
        space();
        const std::string key = name();
        if (key.empty())
            return false;
        if (m_text.substr(m_at, 2) != "=\"") {
            fail("attribute without quoted value: " + key);
            return false;
        }
        m_at += 2;
        const auto from = m_at;
        while (error.empty() && m_at < m_text.size() && m_text[m_at] != '"') {
            if (m_text[m_at] == '<')
                fail("< in an attribute");
            else
                character();
        }
        attributes.push_back({element, key, std::string(m_text.substr(from, m_at - from))});
        ++m_at;
        return true;
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::vector<std::string> m_open;
};

} // namespace made
