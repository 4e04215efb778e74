// SPDX-License-Identifier: Apache-2.0
// One owning handle for every reference-counted GStreamer type. How a reference is taken is always
// spelled out: adopt() for one that the call handed over, retain() for one that is only borrowed.
// Private to this layer.
#pragma once

#include <gst/gst.h>
#include <utility>

namespace media {

template <class T> struct GstTraits { // GstObject and everything derived from it
    static void ref(T *p) { gst_object_ref(p); }
    static void unref(T *p) { gst_object_unref(p); }
};
template <> struct GstTraits<GstCaps> {
    static void ref(GstCaps *p) { gst_caps_ref(p); }
    static void unref(GstCaps *p) { gst_caps_unref(p); }
};
template <> struct GstTraits<GstSample> {
    static void ref(GstSample *p) { gst_sample_ref(p); }
    static void unref(GstSample *p) { gst_sample_unref(p); }
};
template <> struct GstTraits<GstMessage> {
    static void ref(GstMessage *p) { gst_message_ref(p); }
    static void unref(GstMessage *p) { gst_message_unref(p); }
};

template <class T> class GstHandle
{
public:
    GstHandle() = default;
    static GstHandle adopt(T *p) { return GstHandle(p); }
    static GstHandle retain(T *p)
    {
        if (p != nullptr)
            GstTraits<T>::ref(p);
        return GstHandle(p);
    }
    GstHandle(GstHandle &&other) noexcept : m_p(std::exchange(other.m_p, nullptr)) {}
    GstHandle &operator=(GstHandle &&other) noexcept
    {
        std::swap(m_p, other.m_p);
        return *this;
    }
    GstHandle(const GstHandle &) = delete;
    GstHandle &operator=(const GstHandle &) = delete;
    ~GstHandle()
    {
        if (m_p != nullptr)
            GstTraits<T>::unref(m_p);
    }
    T *borrow() const { return m_p; }
    T *handOver() { return std::exchange(m_p, nullptr); }
    explicit operator bool() const { return m_p != nullptr; }

private:
    explicit GstHandle(T *p) : m_p(p) {}
    T *m_p = nullptr;
};

using Element = GstHandle<GstElement>;
using Bus = GstHandle<GstBus>;
using Pad = GstHandle<GstPad>;
using Clock = GstHandle<GstClock>;
using Caps = GstHandle<GstCaps>;
using Sample = GstHandle<GstSample>;
using Message = GstHandle<GstMessage>;

} // namespace media
