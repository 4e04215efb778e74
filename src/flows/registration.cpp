// SPDX-License-Identifier: Apache-2.0
#include <flows/registration.h>

#include <base/text.h>
#include <sip/uri.h>

namespace flows {

namespace {

std::optional<std::uint32_t> number(std::optional<std::string_view> text)
{
    const auto value = text ? base::toInteger(*text) : std::nullopt;
    if (!value || *value < 0 || *value > 0xFFFFFFFFLL)
        return std::nullopt;
    return static_cast<std::uint32_t>(*value);
}

std::string_view bare(std::string_view instance) // "<urn:...>" to urn:...
{
    instance = sip::unquoted(instance);
    if (instance.size() >= 2 && instance.front() == '<' && instance.back() == '>')
        instance = instance.substr(1, instance.size() - 2);
    return instance;
}

} // namespace

Contact readContact(std::string_view value)
{
    const sip::NameAddress address = sip::parseNameAddress(value);
    const auto text = [&](std::string_view name) {
        return sip::unquoted(address.parameter(name).value_or(std::string_view()));
    };
    Contact contact;
    contact.uri = address.uriText;
    contact.instance = bare(address.parameter("+sip.instance").value_or(std::string_view()));
    contact.regId = number(address.parameter("reg-id"));
    contact.expires = number(address.parameter("expires"));
    contact.q = text("q");
    contact.publicGruu = text("pub-gruu"); // RFC 5627 section 5
    contact.temporaryGruu = text("temp-gruu");
    return contact;
}

std::string readAor(const sip::Message &request)
{
    const sip::NameAddress aor = sip::parseNameAddress(request.value(sip::HeaderId::To));
    return aor.ok ? std::string(aor.uri.scheme) + ":" + aor.uri.address() : std::string();
}

bool removesAll(const sip::Message &request)
{
    return request.value(sip::HeaderId::Contact) == "*" &&
           request.number(sip::HeaderId::Expires) == 0U;
}

std::optional<Binding> readBinding(const sip::Message &request)
{
    for (const std::string_view value : request.values(sip::HeaderId::Contact)) {
        const Contact contact = readContact(value);
        // RFC 5626 section 4.2: reg-id counts only beside an instance-id, and is never 0.
        if (contact.instance.empty() || contact.regId.value_or(0) == 0)
            continue;
        Binding binding;
        binding.aor = readAor(request);
        binding.instance = contact.instance;
        binding.regId = *contact.regId;
        const auto routes = request.values(sip::HeaderId::Route);
        if (!routes.empty())
            binding.edge = sip::parseNameAddress(routes.front()).uriText;
        const auto expires =
            contact.expires ? contact.expires : request.number(sip::HeaderId::Expires);
        binding.removes = expires && *expires == 0;
        return binding;
    }
    return std::nullopt;
}

PathToken readPath(const sip::Message &message)
{
    for (const std::string_view value : message.values(sip::HeaderId::Path)) {
        const sip::NameAddress hop = sip::parseNameAddress(value);
        // Only the first hop of the user agent puts ob (RFC 5626 section 5.1).
        if (hop.uri.parameter("ob"))
            return {true, std::string(hop.uri.user)};
    }
    return {};
}

std::optional<base::Duration> readExpiry(const sip::Message &response, std::string_view instance,
                                         std::uint32_t regId)
{
    for (const std::string_view value : response.values(sip::HeaderId::Contact)) {
        const Contact contact = readContact(value);
        if (contact.regId != regId || !base::equalsNoCase(contact.instance, instance))
            continue;
        if (contact.expires)
            return std::chrono::seconds(*contact.expires);
    }
    if (const auto expires = response.number(sip::HeaderId::Expires))
        return std::chrono::seconds(*expires);
    return std::nullopt;
}

} // namespace flows
