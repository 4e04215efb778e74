// SPDX-License-Identifier: Apache-2.0
#include <record/fields.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace record {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kVersionName = "earshot";
constexpr std::size_t kMostFields = 64;

/// Bytes, not characters: what is no ASCII letter of a plain string is escaped as \u00XX of the
/// byte, so that broken UTF-8 from the wire survives the way there and back.
std::string quoted(std::string_view value)
{
    std::string out = "\"";
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte >= 0x20 && byte < 0x7F)
            out += c;
        else
            out += fmt::format("\\u{:04x}", byte);
    }
    return out + "\"";
}

class Scanner
{
public:
    explicit Scanner(std::string_view rest) : m_rest(rest) {}

    bool take(char c)
    {
        skip();
        if (m_rest.empty() || m_rest.front() != c)
            return false;
        m_rest.remove_prefix(1);
        return true;
    }
    bool atString()
    {
        skip();
        return !m_rest.empty() && m_rest.front() == '"';
    }
    bool atEnd()
    {
        skip();
        return m_rest.empty();
    }
    std::optional<std::string> string()
    {
        if (!take('"'))
            return std::nullopt;
        std::string out;
        while (!m_rest.empty()) {
            const char c = m_rest.front();
            m_rest.remove_prefix(1);
            if (c == '"')
                return out;
            if (c != '\\')
                out += c;
            else if (!escape(out))
                return std::nullopt;
        }
        return std::nullopt;
    }
    std::optional<std::int64_t> number()
    {
        skip();
        const auto end = std::min(m_rest.size(), m_rest.find_first_not_of("-0123456789"));
        const auto value = base::toInteger(m_rest.substr(0, end));
        m_rest.remove_prefix(end);
        return value;
    }

private:
    void skip()
    {
        m_rest.remove_prefix(std::min(m_rest.size(), m_rest.find_first_not_of(" \t\r\n")));
    }
    bool escape(std::string &out)
    {
        if (m_rest.empty())
            return false;
        const char kind = m_rest.front();
        m_rest.remove_prefix(1);
        if (kind == '"' || kind == '\\' || kind == '/') {
            out += kind;
            return true;
        }
        if (kind != 'u' || m_rest.size() < 4)
            return false;
        unsigned value = 0;
        for (const char c : m_rest.substr(0, 4)) {
            const auto digit = std::string_view("0123456789abcdef").find(c);
            if (digit == std::string_view::npos)
                return false;
            value = value * 16 + static_cast<unsigned>(digit);
        }
        m_rest.remove_prefix(4);
        if (value > 0xFF) // ours are bytes
            return false;
        out += static_cast<char>(value);
        return true;
    }

    std::string_view m_rest;
};

template <class List> auto find(const List &list, std::string_view name)
{
    return std::find_if(list.begin(), list.end(),
                        [&](const auto &entry) { return entry.first == name; });
}

} // namespace

Fields &Fields::text(std::string_view name, std::string_view value)
{
    if (!value.empty())
        m_texts.emplace_back(name, value);
    return *this;
}

Fields &Fields::number(std::string_view name, std::int64_t value)
{
    if (value != 0)
        m_numbers.emplace_back(name, value);
    return *this;
}

std::string Fields::json() const
{
    std::string out = fmt::format("{{\"{}\":{}", kVersionName, kVersion);
    for (const auto &[name, value] : m_texts)
        out += fmt::format(",{}:{}", quoted(name), quoted(value));
    for (const auto &[name, value] : m_numbers)
        out += fmt::format(",{}:{}", quoted(name), value);
    return out + "}";
}

std::optional<Fields> Fields::parse(std::string_view comment)
{
    comment = base::trim(comment);
    const auto lineEnd = comment.find_last_of('\n');
    Scanner scanner(lineEnd == std::string_view::npos ? comment : comment.substr(lineEnd + 1));
    Fields out;
    if (!scanner.take('{'))
        return std::nullopt;
    for (std::size_t count = 0; count < kMostFields; ++count) {
        auto name = scanner.string();
        if (!name || !scanner.take(':'))
            return std::nullopt;
        if (scanner.atString()) {
            auto value = scanner.string();
            if (!value)
                return std::nullopt;
            out.m_texts.emplace_back(std::move(*name), std::move(*value));
        } else {
            const auto value = scanner.number();
            if (!value)
                return std::nullopt;
            out.m_numbers.emplace_back(std::move(*name), *value);
        }
        if (scanner.take('}'))
            break;
        if (!scanner.take(','))
            return std::nullopt;
    }
    if (!scanner.atEnd() || out.number(kVersionName) != kVersion)
        return std::nullopt;
    return out;
}

std::string_view Fields::text(std::string_view name) const
{
    const auto found = find(m_texts, name);
    return found == m_texts.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t Fields::number(std::string_view name) const
{
    const auto found = find(m_numbers, name);
    return found == m_numbers.end() ? 0 : found->second;
}

} // namespace record
