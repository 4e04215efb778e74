// SPDX-License-Identifier: Apache-2.0
// A line of plain text that gives way: what does not fit ends in an ellipsis and is whole in the
// tip. UI thread.
#pragma once

#include <QLabel>

namespace ui {

class ElidedLabel : public QLabel
{
public:
    ElidedLabel(const char *name, QWidget *parent);
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override;
};

} // namespace ui
