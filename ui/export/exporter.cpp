// SPDX-License-Identifier: Apache-2.0
#include <ui/export/exporter.h>

#include <base/text.h>
#include <QPainter>
#include <QSaveFile>
#include <report/format.h>
#include <sip/status.h>
#include <sstream>
#include <ui/models/call_facts.h>
#include <ui/text.h>
#include <ui/views/ladder_painter.h>

namespace ui {
namespace {

constexpr double kHeadingLine = 22;
constexpr double kMostPixels = 30000; // QPainter's own limit is a little above

} // namespace

std::string exported(const Store &store, const session::CallView &view, std::string_view format)
{
    const report::Format *writer = report::format(format);
    if (writer == nullptr)
        return {};
    const report::ReportCall call{view.call, view.streams, view.findings};
    const report::ReportInput input{.trace = store.trace(),
                                    .calls = {&call, 1},
                                    .flows = store.flows(),
                                    .names = store.names(),
                                    .now = view.now,
                                    .title = view.call->from + " -> " + view.call->to,
                                    .redact = true,
                                    .notes = {},
                                    .mediaSeen =
                                        store.last() != nullptr && store.last()->rtpPackets != 0};
    std::ostringstream out;
    writer->write(input, out);
    return out.str();
}

QStringList headingOf(const session::CallView &view)
{
    const calls::Call &call = *view.call;
    QString title = userPart(call.from) + QStringLiteral(" → ") + userPart(call.to);
    if (call.finalStatus != 0)
        title += QStringLiteral(", %1 %2")
                     .arg(call.finalStatus)
                     .arg(shown(sip::phrase(call.finalStatus)));
    return {
        title,
        QObject::tr("%1 UTC · Call-ID %2").arg(shown(base::utc(call.first)), shown(call.callId))};
}

QImage picture(const ladder::Scene &scene, const Theme &theme, double scale,
               const QStringList &heading)
{
    const double above = heading.isEmpty() ? 0 : 16 + kHeadingLine * double(heading.size());
    if (scene.width * scale > kMostPixels || (scene.height + above) * scale > kMostPixels ||
        scene.rows.empty())
        return {};
    QImage image(qRound(scene.width * scale), qRound((scene.height + above) * scale),
                 QImage::Format_RGB32);
    image.setDevicePixelRatio(scale);
    const Tokens &light = tokens(Scheme::Light);
    image.fill(light.colour(Neutral::Background));
    LadderPainter painter;
    painter.setTokens(light);
    painter.setFonts({theme.fontAt(FontKind::Strong, 1), theme.fontAt(FontKind::Small, 1)});
    painter.setScene(&scene);
    QPainter canvas(&image);
    canvas.setRenderHint(QPainter::TextAntialiasing);
    canvas.setPen(light.colour(Neutral::Text));
    double y = 8;
    for (const QString &line : heading) {
        canvas.setFont(theme.fontAt(y < kHeadingLine ? FontKind::PanelTitle : FontKind::Small, 1));
        const QRectF room(16, y, scene.width - 32, kHeadingLine);
        canvas.drawText(
            room, Qt::AlignLeft | Qt::AlignVCenter,
            canvas.fontMetrics().elidedText(line, Qt::ElideMiddle, static_cast<int>(room.width())));
        y += kHeadingLine;
    }
    canvas.translate(0, above);
    painter.paintRows(canvas, QRectF(0, 0, scene.width, scene.height));
    painter.paintHeader(canvas, 0, scene.width);
    return image;
}

base::Result<void> save(const QString &path, const std::string &bytes)
{
    QSaveFile file(path);
    const auto size = static_cast<qint64>(bytes.size());
    if (file.open(QIODevice::WriteOnly) && file.write(bytes.data(), size) == size && file.commit())
        return {};
    return base::fail(
        base::ErrorCode::Io,
        toStd(QObject::tr("\"%1\" could not be written: %2.").arg(path, file.errorString())));
}

QString fileNameOf(const session::CallView &view, const QString &extension)
{
    const std::string stem =
        base::fileNamePart(toStd(userPart(view.call->from)) + "-" + toStd(userPart(view.call->to)));
    return QString::fromStdString(stem) + QLatin1Char('.') + extension;
}

} // namespace ui
