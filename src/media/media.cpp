// SPDX-License-Identifier: Apache-2.0
#include "media.h"

#include "call_media.h"
#include "codecs.h"
#include "media_loop.h"
#include "speaker_shop.h"

#include <atomic>
#include <base/log.h>
#include <future>
#include <map>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kStatusPace = 100ms;
constexpr auto kPatience = 1500ms;          // for the audio device
constexpr std::size_t kAudioQueue = 1024;   // 20 s of one stream: only a stopped thread fills it
constexpr std::size_t kOldRecordings = 256; // calls whose recordings are remembered after release

using StatusMap = std::map<MediaHandle, Status>;

} // namespace

class Media::Impl
{
public:
    Impl(Options options, base::Inbox<base::Packet> &sink, OnStatus onStatus)
        : m_options(std::move(options)), m_sink(sink), m_onStatus(std::move(onStatus)),
          m_audio(kAudioQueue)
    {
    }
    ~Impl();
    base::Result<void> start();

    /// Runs `work` on the media thread and waits for what it returns; `otherwise` when the thread
    /// has ended.
    template <class T> T ask(std::function<T()> work, T otherwise);
    base::Result<Prepared> prepare(const PrepareRequest &request);
    void with(MediaHandle handle, std::function<void(CallMedia &)> work);
    void release(MediaHandle handle);
    std::vector<RecordingInfo> recordings(MediaHandle handle);
    Status status(MediaHandle handle) const;
    std::vector<CodecCheck> codecs();
    void devices(std::function<void(std::vector<AudioDevice>)> told);
    void playOn(const std::string &device);

private:
    std::string device();
    base::Result<Prepared> open(const PrepareRequest &request);
    bool begin(MediaHandle handle, bool ready);
    base::Duration turn(base::Duration now);
    void attachSpeakers();
    void publish(const Status &status);

    Options m_options;
    base::Inbox<base::Packet> &m_sink;
    OnStatus m_onStatus;
    base::Inbox<DecodedAudio> m_audio;
    std::shared_ptr<MediaLoop> m_loop;
    std::unique_ptr<SpeakerShop> m_shop;
    std::atomic<std::shared_ptr<const StatusMap>> m_published{std::make_shared<const StatusMap>()};
    // from here on: the media thread's
    std::string m_trouble;
    std::vector<base::Endpoint> m_ends; // of the calls' sockets; outlives them
    std::map<MediaHandle, std::unique_ptr<CallMedia>> m_calls;
    std::map<MediaHandle, std::vector<RecordingInfo>> m_recorded;
    std::uint32_t m_nextHandle = 0;
    base::Duration m_nextStatus{0};
};

base::Result<void> Media::Impl::start()
{
    auto loop = MediaLoop::make();
    if (!loop)
        return tl::unexpected(loop.error());
    m_loop = std::move(*loop);
    m_audio.onWake([this] { m_loop->wake(); });
    m_shop = std::make_unique<SpeakerShop>([awake = m_loop] { awake->wake(); });
    m_loop->everyTurn([this](base::Duration now) { return turn(now); });
    m_loop->start([this] {
        if (const auto done = startGStreamer();
            !done) // may take a second: never on the caller's thread
            m_trouble = done.error().sentence;
    });
    return {};
}

Media::Impl::~Impl()
{
    if (!m_loop)
        return;
    m_loop->post([this] { m_calls.clear(); });
    m_loop->stop();
    m_shop.reset();
}

template <class T> T Media::Impl::ask(std::function<T()> work, T otherwise)
{
    auto promise = std::make_shared<std::promise<T>>();
    auto answer = promise->get_future();
    if (!m_loop->post([promise, work = std::move(work)] { promise->set_value(work()); }))
        return otherwise;
    try {
        return answer.get();
    } catch (const std::future_error &) { // the thread ended with the question unread
        return otherwise;
    }
}

base::Result<Media::Prepared> Media::Impl::prepare(const PrepareRequest &request)
{
    auto prepared = ask<base::Result<Prepared>>(
        [this, request] { return open(request); },
        base::fail(base::ErrorCode::Internal, "Audio has ended already."));
    if (!prepared)
        return prepared;
    if (!ask<bool>([this] { return m_trouble.empty(); }, false))
        return prepared; // no GStreamer: packets are still counted, the status says why
    // Waits for the output here, not on the media thread, and no longer than a user would.
    const MediaHandle handle = prepared->media;
    const bool ready = m_shop->open(handle.value, m_options.output, device()).wait_for(kPatience) ==
                       std::future_status::ready;
    ask<bool>([this, handle, ready] { return begin(handle, ready); }, false);
    return prepared;
}

bool Media::Impl::begin(MediaHandle handle, bool ready)
{
    attachSpeakers();
    const auto it = m_calls.find(handle);
    if (it == m_calls.end())
        return false;
    if (!ready)
        it->second->deviceMissing();
    publish(it->second->status());
    return true;
}

void Media::Impl::attachSpeakers()
{
    for (auto &[ticket, speaker] : m_shop->results().take(base::Duration{0})) {
        const auto it = m_calls.find(MediaHandle{ticket});
        if (it != m_calls.end())
            it->second->attach(std::move(speaker));
        else
            m_shop->retire(std::move(speaker));
    }
}

base::Result<Media::Prepared> Media::Impl::open(const PrepareRequest &request)
{
    const MediaHandle handle{m_nextHandle++};
    auto call = CallMedia::open(handle, request, m_options,
                                {*m_loop, m_sink, m_audio, *m_shop, m_ends, m_options, m_trouble});
    if (!call)
        return tl::unexpected(call.error());
    const auto prepared = (*call)->prepared();
    publish((*call)->status());
    m_calls.emplace(handle, std::move(*call));
    return prepared;
}

void Media::Impl::with(MediaHandle handle, std::function<void(CallMedia &)> work)
{
    m_loop->post([this, handle, work = std::move(work)] {
        if (const auto it = m_calls.find(handle); it != m_calls.end())
            work(*it->second);
    });
}

void Media::Impl::release(MediaHandle handle)
{
    m_loop->post([this, handle] {
        const auto it = m_calls.find(handle);
        if (it == m_calls.end())
            return;
        it->second->quiet();
        auto recorded = it->second->recordings();
        const auto last = it->second->lastStatus();
        m_calls.erase(it); // closes its files
        m_recorded[handle] = std::move(recorded);
        publish(last);
        if (m_recorded.size() > kOldRecordings) {
            auto rest = *m_published.load();
            rest.erase(m_recorded.begin()->first);
            m_recorded.erase(m_recorded.begin());
            m_published = std::make_shared<const StatusMap>(std::move(rest));
        }
    });
}

std::vector<RecordingInfo> Media::Impl::recordings(MediaHandle handle)
{
    return ask<std::vector<RecordingInfo>>(
        [this, handle] {
            if (const auto it = m_calls.find(handle); it != m_calls.end())
                return it->second->recordings();
            const auto it = m_recorded.find(handle);
            return it != m_recorded.end() ? it->second : std::vector<RecordingInfo>();
        },
        {});
}

Status Media::Impl::status(MediaHandle handle) const
{
    const auto map = m_published.load();
    const auto it = map->find(handle);
    return it != map->end() ? it->second : Status();
}

std::vector<Media::CodecCheck> Media::Impl::codecs()
{
    return ask<std::vector<CodecCheck>>(
        [this] {
            std::vector<CodecCheck> out;
            for (const auto &codec : knownCodecs()) {
                const char *package =
                    m_trouble.empty() ? missingPackage(codec) : codec.decoderPackage;
                out.push_back({std::string(codec.encoding), package == nullptr,
                               package == nullptr ? "" : package});
            }
            return out;
        },
        {});
}

void Media::Impl::devices(std::function<void(std::vector<AudioDevice>)> told)
{
    // By way of the media thread: before it has begun there is no GStreamer to ask.
    m_loop->post([this, told = std::move(told)]() mutable {
        if (m_trouble.empty())
            m_shop->list(std::move(told));
        else
            told({});
    });
}

void Media::Impl::playOn(const std::string &device)
{
    m_loop->post([this, device] {
        m_options.device = device;
        for (auto &[handle, call] : m_calls)
            call->playOn(device);
    });
}

std::string Media::Impl::device()
{
    return ask<std::string>([this] { return m_options.device; }, {});
}

void Media::Impl::publish(const Status &status)
{
    auto next = *m_published.load();
    next[status.media] = status;
    m_published = std::make_shared<const StatusMap>(std::move(next));
}

base::Duration Media::Impl::turn(base::Duration now)
{
    attachSpeakers();
    for (const auto &audio : m_audio.take(base::Duration{0}, 256)) {
        const MediaHandle handle{static_cast<std::uint32_t>((audio.decoder >> 32) - 1)};
        if (const auto it = m_calls.find(handle); it != m_calls.end())
            it->second->decoded(audio);
    }
    base::Duration next = m_audio.size() > 0 ? now : base::Duration::max();
    for (auto &[handle, call] : m_calls)
        next = std::min(next, call->turn(now));
    if (now < m_nextStatus)
        return std::min(next, m_nextStatus);
    m_nextStatus = now + kStatusPace;
    for (auto &[handle, call] : m_calls) {
        const auto status = call->takeStatus();
        if (!status)
            continue;
        publish(*status);
        if (m_onStatus)
            m_onStatus(*status);
    }
    return m_calls.empty() ? base::Duration::max() : std::min(next, m_nextStatus);
}

Media::Media() = default;
Media::~Media() = default;

base::Result<std::unique_ptr<Media>> Media::open(Options options, base::Inbox<base::Packet> &sink,
                                                 OnStatus onStatus)
{
    std::unique_ptr<Media> media(new Media());
    media->m_impl = std::make_unique<Impl>(std::move(options), sink, std::move(onStatus));
    if (const auto done = media->m_impl->start(); !done)
        return tl::unexpected(done.error());
    return media;
}

base::Result<Media::Prepared> Media::prepare(const PrepareRequest &request)
{
    return m_impl->prepare(request);
}

void Media::remote(MediaHandle media, Remote remote)
{
    m_impl->with(media, [remote = std::move(remote)](CallMedia &call) { call.remote(remote); });
}

void Media::choose(MediaHandle media, const std::string &toTag)
{
    m_impl->with(media, [toTag](CallMedia &call) { call.choose(toTag); });
}

void Media::ended(MediaHandle media, const std::string &toTag)
{
    m_impl->with(media, [toTag](CallMedia &call) { call.ended(toTag); });
}

void Media::progress(MediaHandle media, const std::string &toTag, bool rings)
{
    m_impl->with(media, [toTag, rings](CallMedia &call) { call.progress(toTag, rings); });
}

void Media::permit(MediaHandle media, const std::string &toTag, EarlyPermit allowed)
{
    m_impl->with(media, [toTag, allowed](CallMedia &call) { call.permit(toTag, allowed); });
}

void Media::answered(MediaHandle media, const std::string &toTag)
{
    m_impl->with(media, [toTag](CallMedia &call) { call.answered(toTag); });
}

void Media::quiet(MediaHandle media)
{
    m_impl->with(media, [](CallMedia &call) { call.quiet(); });
}

void Media::press(MediaHandle media, const std::string &keys,
                  std::function<void(const Presses &)> told)
{
    m_impl->with(media, [keys, told = std::move(told)](CallMedia &call) {
        if (const Presses presses = call.press(keys); told)
            told(presses);
    });
}

void Media::mute(MediaHandle media, bool muted)
{
    m_impl->with(media, [muted](CallMedia &call) { call.mute(muted); });
}

void Media::send(MediaHandle media, const Sending &sending)
{
    m_impl->with(media, [sending](CallMedia &call) { call.send(sending); });
}

void Media::record(MediaHandle media, const std::string &folder, const std::string &stem)
{
    m_impl->with(media, [folder, stem](CallMedia &call) { call.record(folder, stem); });
}

void Media::stopRecording(MediaHandle media)
{
    m_impl->with(media, [](CallMedia &call) { call.stopRecording(); });
}

void Media::release(MediaHandle media)
{
    m_impl->release(media);
}

std::vector<RecordingInfo> Media::recordings(MediaHandle media)
{
    return m_impl->recordings(media);
}

Status Media::status(MediaHandle media) const
{
    return m_impl->status(media);
}

std::vector<Media::CodecCheck> Media::codecs() const
{
    return m_impl->codecs();
}

void Media::devices(std::function<void(std::vector<AudioDevice>)> told)
{
    m_impl->devices(std::move(told));
}

void Media::playOn(const std::string &device)
{
    m_impl->playOn(device);
}

} // namespace media
