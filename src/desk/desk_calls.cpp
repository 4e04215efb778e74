// SPDX-License-Identifier: Apache-2.0
// Desk's calls for what is done within a call, and for probes.
#include <desk/impl.h>

namespace desk {

engine::CallRequest requestOf(const CallOptions &options)
{
    engine::CallRequest request;
    request.target = options.target;
    request.from = options.from;
    request.proxy = options.proxy;
    request.transport = options.transport;
    request.credentials = options.credentials;
    request.reliability = options.reliability;
    request.account = options.account;
    request.lateOffer = options.lateOffer;
    request.extras = options.extras;
    return request;
}

void Desk::opened(std::function<void(bool listens)> told)
{
    m_impl->parts.worker.post([impl = m_impl.get(), told = std::move(told)] {
        told(impl->parts.engine != nullptr); // this worker opens it before all else
    });
}

void Desk::redirect(engine::CallHandle call, const std::string &contact)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, contact] { impl->calls.redirect(call, contact); });
}

void Desk::earlyMedia(engine::CallHandle call, bool reliable)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, reliable] { impl->calls.earlyMedia(call, reliable); });
}

void Desk::send(engine::CallHandle call, const media::Sending &sending)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, sending] { impl->calls.send(call, sending); });
}

void Desk::hold(engine::CallHandle call, bool on, bool byUpdate)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, on, byUpdate] { impl->calls.hold(call, on, byUpdate); });
}

void Desk::dtmfByInfo(engine::CallHandle call, const std::string &digits)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, digits] { impl->calls.dtmfByInfo(call, digits); });
}

void Desk::dtmf(engine::CallHandle call, const std::string &digits)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, digits] { impl->calls.dtmf(call, digits); });
}

void Desk::transfer(engine::CallHandle call, const std::string &target, engine::CallHandle with)
{
    m_impl->parts.worker.post(
        [impl = m_impl.get(), call, target, with] { impl->calls.transfer(call, target, with); });
}

engine::ProbeEvent Desk::Impl::oursOf(engine::ProbeEvent event)
{
    if (const auto at = probes.find(event.probe); at != probes.end()) {
        event.probe = at->second;
        probes.erase(at);
    }
    return event;
}

base::Result<engine::ProbeHandle> Desk::probe(engine::ProbeRequest request)
{
    engine::CallRequest like;
    like.target = request.target;
    like.from = request.from;
    like.proxy = request.proxy;
    like.transport = request.transport;
    like.extras.localAddress = request.localAddress;
    like.extras.allowNumber = true;
    if (const auto ok = engine::Engine::check(like); !ok)
        return tl::unexpected<base::Error>(ok.error());
    const engine::ProbeHandle ours{m_impl->nextProbe++};
    m_impl->parts.worker.post([impl = m_impl.get(), ours, request = std::move(request)]() mutable {
        if (impl->parts.engine) {
            impl->probes[impl->parts.engine->probe(std::move(request))] = ours;
            return;
        }
        engine::ProbeEvent failed;
        failed.probe = ours;
        failed.local = true;
        failed.sentence = "The SIP engine is not running, so nothing can be sent.";
        if (impl->parts.observer.probe)
            impl->parts.observer.probe(failed);
    });
    return ours;
}

base::Result<void> Desk::setTls(engine::TlsOptions tls)
{
    engine::Options options;
    options.tls = tls;
    if (const auto ok = engine::checkOptions(options); !ok)
        return ok;
    withEngine([tls = std::move(tls)](engine::Engine &engine) {
        static_cast<void>(engine.setTls(tls)); // it was looked at above
    });
    return {};
}

void Desk::audioDevices(std::function<void(std::vector<media::AudioDevice>)> told)
{
    m_impl->parts.worker.post([impl = m_impl.get(), told = std::move(told)]() mutable {
        if (impl->parts.media)
            impl->parts.media->devices(std::move(told));
        else
            told({});
    });
}

void Desk::playOn(const std::string &device)
{
    m_impl->parts.worker.post([impl = m_impl.get(), device] {
        if (impl->parts.media)
            impl->parts.media->playOn(device);
    });
}

} // namespace desk
