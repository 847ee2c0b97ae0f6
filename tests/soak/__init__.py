"""A busy desk for some minutes: does it keep up, do its processes stay the same size, is everybody told once?"""
