"""Asking people: who may answer, what is shown, what an answer is worth. All pure."""
