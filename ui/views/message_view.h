// SPDX-License-Identifier: Apache-2.0
// The message of the row in focus, as it was on the wire, control characters made visible, headers
// told apart. Secrets a digest carries stay hashes; our own passwords never enter the trace. UI
// thread.
#pragma once

#include <QPlainTextEdit>
#include <QSyntaxHighlighter>
#include <trace/trace.h>
#include <ui/theme/theme.h>

class QLabel;

namespace ui {

class MessageView : public QWidget
{
public:
    MessageView(Theme &theme, QWidget *parent = nullptr);
    void display(const trace::Trace &trace, trace::RowId row);
    QString text() const;

private:
    class Colours;
    QLabel *m_title;
    QPlainTextEdit *m_text;
    Colours *m_colours;
    trace::RowId m_row;
};

} // namespace ui
