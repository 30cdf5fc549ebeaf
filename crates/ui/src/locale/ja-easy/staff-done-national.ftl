# What was done with the national portal
staff-done-national-queued = お｜知《し》らせを｜送《おく》ります。
staff-done-national-status = ｜申請《しんせい》の ようすを ｜変《か》えました。
