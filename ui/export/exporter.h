// SPDX-License-Identifier: Apache-2.0
// Hands a call over: report formats to a file or the clipboard, the ladder as PNG. UI thread; one
// call is small.
#pragma once

#include <base/result.h>
#include <ladder/scene.h>
#include <QImage>
#include <QStringList>
#include <ui/store.h>
#include <ui/theme/theme.h>

namespace ui {

/// One call written in a report format; credentials are masked (trust T13).
std::string exported(const Store &store, const session::CallView &view, std::string_view format);
/// What stands over a picture that leaves the program: who calls whom and how it ended; when (UTC)
/// and which Call-ID.
QStringList headingOf(const session::CallView &view);
/// The whole scene in light colours, whatever the window shows, under the lines of `heading`; empty
/// if it is too large for a picture.
QImage picture(const ladder::Scene &scene, const Theme &theme, double scale,
               const QStringList &heading = {});
/// Writes beside and renames, so that a file is whole or not there.
base::Result<void> save(const QString &path, const std::string &bytes);
/// A file name for a call that is safe anywhere.
QString fileNameOf(const session::CallView &view, const QString &extension);

} // namespace ui
