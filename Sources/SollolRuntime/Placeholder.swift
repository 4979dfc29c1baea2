import SollolCore
