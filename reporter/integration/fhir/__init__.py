"""FHIR R4 (4.0.1): a signed version as a transaction Bundle, the gate before it leaves, and its delivery by HTTP."""
