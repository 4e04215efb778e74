// SPDX-License-Identifier: Apache-2.0
#include <engine/redirects.h>

#include <algorithm>
#include <base/text.h>
#include <charconv>
#include <engine/target.h>
#include <fmt/format.h>
#include <sip/uri.h>
#include <utility>

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

void Redirects::pass(std::string_view uri, std::string_view why)
{
    constexpr std::size_t kLongest = 1200; // of the text; who names more than that has a loop
    if (m_refused.size() < kLongest)
        m_refused += fmt::format("{}{} is not called: {}", m_refused.empty() ? "" : " ",
                                 base::printable(uri, false, 120), why);
}

void Redirects::take(const sip::Message &response)
{
    std::vector<std::pair<double, std::string>> found;
    std::size_t named = 0, over = 0;
    for (const auto value : response.values(sip::HeaderId::Contact)) {
        const auto contact = sip::parseNameAddress(value);
        ++named;
        // Headers within the URI would put words into our mouth; only the address is called.
        const std::string bare(contact.uriText.substr(0, contact.uriText.find('?')));
        const auto scheme = base::lower(bare.substr(0, bare.find(':')));
        if (bare.find(':') == std::string::npos || (scheme != "sip" && scheme != "sips")) {
            pass(bare.empty() ? value : std::string_view(bare),
                 "a test call goes to sip: and sips: addresses only.");
            continue;
        }
        const auto uri = checkedUri(bare, "Contact");
        if (!uri) {
            auto why = uri.error().sentence; // whoever typed it is not here
            if (why.ends_with(kWriteItLike))
                why.erase(why.size() - kWriteItLike.size());
            pass(bare, why);
        } else if (const auto twin =
                       std::find_if(found.begin(), found.end(),
                                    [&](const auto &each) { return each.second == *uri; });
                   twin != found.end()) { // named twice: called once
            twin->first = std::max(twin->first, preference(contact));
        } else if (found.size() < kMost) {
            found.emplace_back(preference(contact), *uri);
        } else {
            ++over;
        }
    }
    if (named == 0)
        m_refused += fmt::format("{}The {} names no Contact, so there is nobody to call next (RFC "
                                 "3261 section 21.3).",
                                 m_refused.empty() ? "" : " ", response.status);
    if (over > 0)
        m_refused += fmt::format("{}{} further Contacts are passed over: a call tries at most {} "
                                 "addresses.",
                                 m_refused.empty() ? "" : " ", over, kMost);
    std::stable_sort(found.begin(), found.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    // What a redirection names comes before what an earlier one left over.
    for (auto each = found.rbegin(); each != found.rend(); ++each) {
        m_waiting.push_front(each->second);
        if (response.status == 305)
            m_proxies.insert(each->second);
    }
}

void Redirects::called(const std::string &uri)
{
    m_called.insert(uri);
}

std::optional<std::string> Redirects::next()
{
    while (!m_waiting.empty()) {
        auto uri = m_waiting.front();
        m_waiting.pop_front();
        if (m_called.contains(uri)) {
            pass(uri, "this call tried it already, so the redirection goes in a circle (RFC 3261 "
                      "section 8.1.3.4).");
        } else if (m_called.size() >= kMost) {
            pass(uri, fmt::format("{} addresses were tried, the most of one call.", kMost));
            m_waiting.clear();
        } else {
            m_called.insert(uri);
            return uri;
        }
    }
    return std::nullopt;
}

void Redirects::refuse(const std::string &uri, const std::string &why)
{
    pass(uri, why);
}

std::string Redirects::refused()
{
    return std::exchange(m_refused, {});
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
