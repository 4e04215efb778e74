// SPDX-License-Identifier: Apache-2.0
#include <engine/redirects.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <engine/target.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr std::size_t kMost = 10; // addresses of one call, loops of many stations included

double preference(const sip::NameAddress &contact)
{
    double q = 1; // RFC 3261 section 20.10 leaves it open; most trees take the best
    const auto text = contact.parameter("q").value_or("");
    std::from_chars(text.data(), text.data() + text.size(), q);
    return q;
}

} // namespace

void Redirects::take(const sip::Message &response)
{
    std::vector<std::pair<double, std::string>> found;
    for (const auto value : response.values(sip::HeaderId::Contact)) {
        const auto contact = sip::parseNameAddress(value);
        // Headers within the URI would put words into our mouth; only the address is called.
        const auto uri = checkedUri(
            std::string(contact.uriText.substr(0, contact.uriText.find('?'))), "Contact");
        if (uri && found.size() < kMost)
            found.emplace_back(preference(contact), *uri);
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    // What a redirection names comes before what an earlier one left over.
    for (auto each = found.rbegin(); each != found.rend(); ++each)
        m_waiting.push_front(each->second);
}

void Redirects::called(const std::string &uri)
{
    m_called.insert(uri);
}

std::optional<std::string> Redirects::next()
{
    while (!m_waiting.empty() && m_called.size() < kMost) {
        auto uri = m_waiting.front();
        m_waiting.pop_front();
        if (m_called.insert(uri).second)
            return uri;
    }
    return std::nullopt;
}

std::string contactsText(const sip::Message &response)
{
    std::string out;
    for (const auto value : response.values(sip::HeaderId::Contact)) {
        if (out.size() > 200)
            return out + " and others";
        out += (out.empty() ? "" : ", ") +
               base::printable(sip::parseNameAddress(value).uriText, false, 120);
    }
    return out;
}

} // namespace engine
