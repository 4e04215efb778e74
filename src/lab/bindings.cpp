// SPDX-License-Identifier: Apache-2.0
#include <lab/bindings.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace lab {
namespace {

constexpr std::size_t kMostBindings = 256; // a crowd of a hundred, old and new ones
constexpr long long kLongestExpiry = 3600;

bool sameBinding(const Binding &a, const Binding &b)
{
    if (a.aor != b.aor)
        return false;
    // RFC 5626 section 6: with reg-id, the key is AOR, instance and reg-id; the contact's address
    // does not count.
    if (a.regId != 0 || b.regId != 0)
        return a.regId == b.regId && a.instance == b.instance;
    return a.contact == b.contact;
}

} // namespace

std::string addressOfRecord(std::string_view text)
{
    const auto uri = sip::parseUri(text);
    const auto port = uri.port ? fmt::format(":{}", *uri.port) : std::string();
    return fmt::format("{}:{}{}", base::lower(uri.scheme), uri.address(), port);
}

std::string Binding::contactValue(base::Instant now) const
{
    std::string out = fmt::format("<{}>", contact);
    if (!instance.empty())
        out += fmt::format(";+sip.instance=\"{}\"", instance);
    if (regId != 0)
        out += fmt::format(";reg-id={}", regId);
    return out + fmt::format(";expires={}", (expires - now).count() / 1'000'000'000);
}

Registered Bindings::add(const sip::Message &request, base::Instant now)
{
    const auto to = sip::parseNameAddress(request.value(sip::HeaderId::To));
    const auto contacts = request.values(sip::HeaderId::Contact);
    if (!to.ok)
        return {400, false};
    const auto aor = addressOfRecord(to.uriText);
    const auto common = request.number(sip::HeaderId::Expires).value_or(kLongestExpiry);
    if (contacts.size() == 1 && contacts[0] == "*") {
        if (common != 0)
            return {400, false}; // RFC 3261 section 10.3 step 6
        std::erase_if(m_bindings, [&](const Binding &b) { return b.aor == aor; });
        return {};
    }
    std::vector<std::string> path;
    for (const auto value : request.values(sip::HeaderId::Path))
        path.emplace_back(value);
    // The hop nearest to the user agent put its Path value last (RFC 3327 section 5.2).
    const bool firstHop =
        !path.empty() && sip::parseNameAddress(path.back()).uri.parameter("ob").has_value();
    Registered out;
    std::vector<Binding> wanted;
    for (const auto value : contacts) {
        const auto contact = sip::parseNameAddress(value);
        if (!contact.ok)
            return {400, false};
        Binding binding;
        binding.aor = aor;
        binding.contact = std::string(contact.uriText);
        binding.instance = sip::unquoted(contact.parameter("+sip.instance").value_or(""));
        const auto regId = base::toInteger(contact.parameter("reg-id").value_or(""));
        const bool asks = regId && *regId > 0 && *regId < 0x7FFFFFFF && !binding.instance.empty();
        if (asks && contacts.size() > 1)
            return {400, false}; // RFC 5626 section 6
        if (asks && !firstHop && request.lists(sip::HeaderId::Supported, "outbound"))
            return {439, false};
        if (asks && firstHop) {
            binding.regId = static_cast<std::uint32_t>(*regId);
            out.outbound = true;
        }
        const auto seconds =
            base::toInteger(contact.parameter("expires").value_or("")).value_or(common);
        binding.expires = now + std::chrono::seconds(std::clamp(seconds, 0LL, kLongestExpiry));
        binding.path = path;
        binding.callId = std::string(request.callId());
        binding.cseq = request.cseq().number;
        wanted.push_back(std::move(binding));
    }
    for (auto &binding : wanted)
        put(std::move(binding), now);
    return out;
}

void Bindings::put(Binding binding, base::Instant now)
{
    const auto it = std::find_if(m_bindings.begin(), m_bindings.end(),
                                 [&](const Binding &b) { return sameBinding(b, binding); });
    // RFC 3261 section 10.3 step 7: an older request of the same Call-ID changes nothing.
    if (it != m_bindings.end() && it->callId == binding.callId && it->cseq > binding.cseq)
        return;
    if (it != m_bindings.end())
        m_bindings.erase(it);
    std::erase_if(m_bindings, [now](const Binding &b) { return b.expires <= now; });
    if (binding.expires > now && m_bindings.size() < kMostBindings)
        m_bindings.push_back(std::move(binding));
}

std::vector<Binding> Bindings::of(std::string_view aor, base::Instant now) const
{
    std::vector<Binding> out;
    for (const Binding &binding : m_bindings)
        if (binding.aor == aor && binding.expires > now)
            out.push_back(binding);
    std::stable_sort(out.begin(), out.end(), [](const Binding &a, const Binding &b) {
        return a.instance != b.instance ? a.instance < b.instance : a.regId < b.regId;
    });
    return out;
}

void Bindings::remove(const Binding &binding)
{
    std::erase_if(m_bindings, [&](const Binding &b) { return sameBinding(b, binding); });
}

} // namespace lab
